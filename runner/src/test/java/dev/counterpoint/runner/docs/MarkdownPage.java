package dev.counterpoint.runner.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation.
 *
 * @param file path of the page
 * @param text its Markdown
 */
record MarkdownPage(Path file, String text) {
  private static final Path ROOT = Path.of("..");
  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:<!-- ([^\\n]*?) -->\\n)?^```(\\w*)\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern LINK = Pattern.compile("]\\((?!http)([^)#]+)(?:#([^)]*))?\\)");

  /**
   * A fenced block.
   *
   * @param marker the comment on the line before it: {@code example: NAME} or {@code run}; else
   *     empty
   * @param language as {@code java}
   * @param line number of the page at which it begins, from 1
   */
  record Block(MarkdownPage page, String marker, String language, String content, int line) {
    /** The name of the file that this block is the content of. */
    Optional<String> fileName() {
      return marker.startsWith("example: ")
          ? Optional.of(marker.substring("example: ".length()))
          : Optional.empty();
    }

    boolean isRun() {
      return marker.equals("run");
    }

    /** Each {@code ./counterpoint} command of a shell block, as its arguments. */
    List<Command> commands() {
      List<Command> commands = new ArrayList<>();
      for (String line : content.replaceAll("\\\\\\n\\s*", "").split("\n")) {
        if (line.startsWith("./counterpoint ")) {
          commands.add(new Command(this, arguments(line.substring("./counterpoint ".length()))));
        }
      }
      return commands;
    }

    private static List<String> arguments(String line) {
      List<String> arguments = new ArrayList<>();
      Matcher words = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(#.*)|(\\S+)").matcher(line);
      while (words.find() && words.group(3) == null) {
        arguments.add(
            Stream.of(1, 2, 4)
                .map(words::group)
                .filter(group -> group != null)
                .findFirst()
                .orElseThrow());
      }
      return arguments;
    }

    @Override
    public String toString() {
      return page.file().getFileName() + ":" + line;
    }
  }

  /** A command of a shell block. */
  record Command(Block block, List<String> arguments) {
    /** The values of an option. */
    List<String> values(String option) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i + 1 < arguments.size(); i++) {
        if (arguments.get(i).equals(option)) {
          values.add(arguments.get(i + 1));
        }
      }
      return values;
    }

    @Override
    public String toString() {
      return block + ": ./counterpoint " + String.join(" ", arguments);
    }
  }

  /** README.md, CHANGELOG.md, CONTRIBUTING.md and all pages in docs. */
  static List<MarkdownPage> all() {
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(top, docs)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .map(MarkdownPage::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MarkdownPage read(Path file) {
    try {
      return new MarkdownPage(file, Files.readString(file).replace("\r\n", "\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Block> blocks() {
    return BLOCK
        .matcher(text)
        .results()
        .map(
            found ->
                new Block(
                    this,
                    found.group(1) == null ? "" : found.group(1),
                    found.group(2),
                    found.group(3),
                    (int) text.substring(0, found.start()).lines().count() + 1))
        .toList();
  }

  /** The text outside of fenced blocks. */
  String prose() {
    return BLOCK.matcher(text).replaceAll("");
  }

  /** What stands between backticks. */
  List<String> inlineCode() {
    return CODE.matcher(prose()).results().map(found -> found.group(1)).toList();
  }

  /** Relative links, as the file and the anchor in it (empty without one). */
  List<Link> links() {
    return LINK.matcher(prose())
        .results()
        .map(
            found ->
                new Link(
                    file.resolveSibling(found.group(1)).normalize(),
                    found.group(2) == null ? "" : found.group(2)))
        .toList();
  }

  /** A relative link. */
  record Link(Path file, String anchor) {}

  /** The anchors of the headings, as GitHub forms them. */
  List<String> anchors() {
    return Pattern.compile("^#+ (.*)$", Pattern.MULTILINE)
        .matcher(prose())
        .results()
        .map(found -> found.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\w\\- ]", "").strip().replace(' ', '-'))
        .toList();
  }

  @Override
  public String toString() {
    return file.getFileName().toString();
  }
}
