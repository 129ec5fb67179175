package dev.counterpoint.runner.scaffold;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Copy of a built-in class as one source file of the unnamed package, with another name. It is made
 * from the source that was compiled, which is a resource of the program, and contains the classes
 * of the same package that it needs and that are not public.
 */
final class EjectedSource {
  /** Matches a comment or literal, which is not changed, or the name of a type. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?s)/\\*.*?\\*/|//[^\\n]*|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])+'"
              + "|\\b(?<type>[A-Z]\\w*)\\b");

  private static final Pattern HEAD = Pattern.compile("(?m)^(package|import) .*;\\n+");
  private static final Pattern TOP_LEVEL =
      Pattern.compile("(?m)^public (?=((abstract|final|sealed) )*(class|record|interface|enum) )");

  private final String packageName;
  private final Predicate<String> isIncluded;
  private final Set<String> imports = new TreeSet<>();
  private final List<String> bodies = new ArrayList<>();
  private final Set<String> visited = new TreeSet<>();

  private EjectedSource(String packageName, Predicate<String> isIncluded) {
    this.packageName = packageName;
    this.isIncluded = isIncluded;
  }

  /** Whether the program has the source of a class. */
  static boolean exists(Class<?> type) {
    return source(outermost(type).getName()) != null;
  }

  /**
   * Creates the text of the file.
   *
   * @param type a built-in class, or a class within it
   * @param name the new name of the outermost class
   * @param isIncluded whether a public class of the same package is copied, too, by its full name;
   *     the others are imported
   * @throws InvalidSettings if the source already uses the name
   */
  static String of(Class<?> type, String name, Predicate<String> isIncluded) {
    Class<?> outermost = outermost(type);
    EjectedSource copy = new EjectedSource(outermost.getPackageName(), isIncluded);
    copy.add(outermost.getSimpleName());
    String text =
        "// Copied from %s. The class is yours: change what you like.\n\n%s\n%s"
            .formatted(
                outermost.getName(), String.join("", copy.imports), String.join("\n", copy.bodies));
    if (types(text).contains(name)) {
      throw new InvalidSettings(
          "The class %s cannot have the name of a class that it uses; choose another NAME.", name);
    }
    Map<String, String> renamed = Map.of(outermost.getSimpleName(), name);
    return replaceTypes(text, word -> renamed.getOrDefault(word, word));
  }

  private static Class<?> outermost(Class<?> type) {
    Class<?> enclosing = type.getEnclosingClass();
    return enclosing == null ? type : outermost(enclosing);
  }

  private static @Nullable String source(String className) {
    String resource = "/sources/" + className.replace('.', '/') + ".java";
    try (InputStream source = EjectedSource.class.getResourceAsStream(resource)) {
      return source == null ? null : new String(source.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds a class of the package, and the classes of the package that it uses. */
  private void add(String simpleName) {
    String source = source(packageName + "." + simpleName);
    if (source == null || !visited.add(simpleName)) {
      return;
    }
    boolean isPublic = TOP_LEVEL.matcher(source).find();
    String fullName = packageName + "." + simpleName;
    if (isPublic && !bodies.isEmpty() && !isIncluded.test(fullName)) {
      imports.add("import " + fullName + ";\n");
      return;
    }
    Matcher head = HEAD.matcher(source);
    while (head.find()) {
      if (head.group(1).equals("import")) {
        imports.add(head.group().stripTrailing() + "\n");
      }
    }
    String body = HEAD.matcher(source).replaceAll("");
    bodies.add(bodies.isEmpty() ? body : TOP_LEVEL.matcher(body).replaceFirst(""));
    types(body).forEach(this::add);
  }

  /** The names of types in the code, in their order. */
  private static List<String> types(String text) {
    return TOKEN
        .matcher(text)
        .results()
        .map(token -> token.group(1))
        .filter(type -> type != null)
        .distinct()
        .collect(Collectors.toList());
  }

  private static String replaceTypes(String text, Function<String, String> names) {
    return TOKEN
        .matcher(text)
        .replaceAll(
            token -> {
              String type = token.group(1);
              return Matcher.quoteReplacement(type == null ? token.group() : names.apply(type));
            });
  }
}
