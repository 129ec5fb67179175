package dev.counterpoint.runner.report.html;

import com.samskivert.mustache.Mustache;
import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Page with a flame graph and a table. The template {@code flame-graph.mustache} refers to these
 * names.
 *
 * @param name the name of the run
 * @param state the result, as a sentence
 * @param height the height of the graph, in SVG coordinates; its width is 1000
 * @param frames the rectangles
 * @param head the columns of the table
 * @param rows the cells of the table
 */
public record FlameGraphPage(
    String name,
    String state,
    int height,
    List<Frame> frames,
    List<String> head,
    List<List<String>> rows) {
  private static final double WIDTH = 1000;
  private static final int ROW_HEIGHT = 22;
  private static final double CHARACTER = 7; // width of a character, roughly

  /**
   * A rectangle.
   *
   * @param style the CSS class
   * @param text the label, shortened to the width
   * @param title the whole label
   */
  record Frame(String x, int y, String width, String style, String text, String title) {}

  /** A node of a tree: its time without the nodes below it, and these by name. */
  public static final class Node {
    private final Map<String, Node> children = new LinkedHashMap<>();
    private double own;

    /** Adds seconds to the node at a path below this node. */
    public void add(List<String> path, double seconds) {
      Node node = this;
      for (String name : path) {
        node = node.children.computeIfAbsent(name, key -> new Node());
      }
      node.own += seconds;
    }

    private double total() {
      return own + children.values().stream().mapToDouble(Node::total).sum();
    }

    private int depth() {
      return 1 + children.values().stream().mapToInt(Node::depth).max().orElse(0);
    }
  }

  /** Creates a page of a tree whose root has a name. */
  public static FlameGraphPage of(
      String name,
      String state,
      String rootName,
      Node root,
      List<String> head,
      List<List<String>> rows) {
    List<Frame> frames = new ArrayList<>();
    draw(rootName, root, 0, 0, WIDTH / root.total(), frames);
    return new FlameGraphPage(name, state, root.depth() * ROW_HEIGHT, frames, head, rows);
  }

  private static void draw(
      String name, Node node, double x, int depth, double scale, List<Frame> frames) {
    double width = node.total() * scale;
    String title = Formats.of("%s: %.3f ms", name, node.total() * 1e3);
    int characters = (int) (width / CHARACTER);
    frames.add(
        new Frame(
            Formats.of("%.2f", x),
            depth * ROW_HEIGHT,
            Formats.of("%.2f", width),
            depth % 2 == 0 ? "even" : "odd",
            characters < 3 ? "" : name.substring(0, Math.min(characters, name.length())),
            title));
    double next = x;
    for (Map.Entry<String, Node> child : node.children.entrySet()) {
      draw(child.getKey(), child.getValue(), next, depth + 1, scale, frames);
      next += child.getValue().total() * scale;
    }
  }

  Mustache.Lambda breakable() {
    return Page.BREAKABLE;
  }

  /** Renders the page as self-contained HTML. All texts are escaped. */
  public String toHtml() {
    return Page.template("flame-graph").execute(this);
  }
}
