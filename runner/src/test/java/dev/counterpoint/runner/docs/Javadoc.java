package dev.counterpoint.runner.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Javadoc comments of the main classes, read from their source files, as Markdown. */
final class Javadoc {
  private static final String COMMENT = "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*";
  private static final String ANNOTATIONS = "(?:@\\w+(?:\\([^)]*\\))?\\s+)*";
  private static final String MODIFIERS =
      "(?:(?:public|private|static|final|sealed|abstract)\\s+)*";

  private Javadoc() {}

  /** The first sentence about a class. */
  static String summary(Class<?> type) {
    return ofType(type).map(Javadoc::body).map(Javadoc::sentence).orElse("");
  }

  /** The description of a record component: its {@code @param}, or the accessor's of a contract. */
  static String component(Class<?> record, String name) {
    Optional<String> own = ofType(record).flatMap(comment -> parameter(comment, name));
    return own.or(() -> inherited(record, name)).map(Javadoc::markdown).orElse("");
  }

  private static Optional<String> inherited(Class<?> record, String name) {
    return Stream.of(record.getInterfaces())
        .flatMap(contract -> ofMethod(contract, name).stream())
        .map(Javadoc::body)
        .findFirst();
  }

  private static Optional<String> parameter(String comment, String name) {
    Matcher tag =
        Pattern.compile("@param " + name + "\\s(.*?)(?=\\n\\s*@\\w|\\z)", Pattern.DOTALL)
            .matcher(comment);
    return tag.find() ? Optional.of(tag.group(1)) : Optional.empty();
  }

  private static String body(String comment) {
    return Pattern.compile("(\\n\\s*@\\w.*|<pre>.*)", Pattern.DOTALL)
        .matcher(comment)
        .replaceAll("");
  }

  private static String sentence(String body) {
    String text = markdown(body.split("<p>")[0]);
    Matcher end = Pattern.compile("^(.*?(?<!\\bal)[.:?])(\\s|$)", Pattern.DOTALL).matcher(text);
    return (end.find() ? end.group(1) : text).replaceFirst(":$", ".");
  }

  private static Optional<String> ofType(Class<?> type) {
    return find(
        type,
        COMMENT
            + ANNOTATIONS
            + MODIFIERS
            + "(?:record|class|interface|enum) "
            + type.getSimpleName());
  }

  private static Optional<String> ofMethod(Class<?> type, String name) {
    return find(type, COMMENT + ANNOTATIONS + "(?:default )?[\\w.<>@ ]+ " + name + "\\(\\)");
  }

  private static Optional<String> find(Class<?> type, String declaration) {
    return source(type)
        .map(
            text ->
                Pattern.compile(declaration + "\\b|" + declaration, Pattern.DOTALL).matcher(text))
        .filter(Matcher::find)
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
        .map(comment -> comment.replaceAll("(?m)^\\s*\\* ?", "").strip());
  }

  private static Optional<String> source(Class<?> type) {
    Class<?> outermost = type;
    while (outermost.getEnclosingClass() != null) {
      outermost = outermost.getEnclosingClass();
    }
    String file = outermost.getName().replace('.', '/') + ".java";
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      Optional<Path> found =
          modules
              .map(module -> module.resolve("src/main/java").resolve(file))
              .filter(Files::isRegularFile)
              .findFirst();
      return found.isEmpty() ? Optional.empty() : Optional.of(Files.readString(found.get()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String markdown(String javadoc) {
    return javadoc
        .replaceAll("\\s+", " ")
        .replaceAll("\\{@(?:code|value)\\s+([^}]*)}", "`$1`")
        .replaceAll("\\{@link(?:plain)?\\s+(?:\\w+\\.)*#?([^}\\s]*)\\s*}", "`$1`")
        .replaceAll("\\{@link(?:plain)?\\s+[^}\\s]*\\s+([^}]*)}", "$1")
        .replace("#", ".")
        .replace("<p>", "")
        .replace("&lt;", "<")
        .replace("|", "\\|")
        .strip();
  }
}
