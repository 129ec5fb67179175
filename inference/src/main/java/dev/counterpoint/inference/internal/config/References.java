package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.inference.internal.config.YamlNode.Mapping;
import dev.counterpoint.inference.internal.config.YamlNode.Scalar;
import dev.counterpoint.inference.internal.config.YamlNode.Sequence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * References in the values of a run file: {@code ${ENV:NAME}} is the value of an environment
 * variable, {@code ${file:PATH}} the content of a file without its last line break. They are
 * resolved when a tree is bound, and written back in place of the values.
 *
 * @param environment the value of an environment variable; null if it is not set
 * @param files resolves the name of a file
 * @param byPath the references found, by the path of their key
 */
record References(
    Function<String, @Nullable String> environment,
    Function<String, Path> files,
    Map<String, Resolved> byPath) {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([A-Za-z]+):([^}]*)}");
  private static final String HUB = "hf:";

  /** The maximum size in bytes of a file that a reference names. */
  private static final int MAX_BYTES = 1 << 16;

  /** Settings that are written to the model folder and the report with their values. */
  private static final Pattern PUBLISHED =
      Pattern.compile(
          "name|model\\.(lora\\.)?from|data\\.(labels|missing|columns|columnNames|targets?|weight|classWeights|features)(\\..*)?");

  private static final String LITERAL =
      "is literal and would be saved with the run; use ${ENV:NAME} or ${file:PATH}";
  private static final String NAMED = "is the name of a secret, but its value " + LITERAL;

  /** Settings of a query, which are trusted by their text; only secrets can refer to a file. */
  private static final Pattern QUERY = Pattern.compile("data\\..*\\.sql\\..*");

  /** Words of a key that make it the name of a secret; a "pad token" belongs to a text. */
  private static final Pattern SECRET =
      Pattern.compile(
          "\\b(\\w*(passwords?|passwd|passphrase|secrets?)|pwd|credentials?|(auth|access)token"
              + "|(api|access|private|secret|signing|encryption|account) ?keys?"
              + "|(?<!\\b(pad|padding|mask|unk|unknown|cls|sep|bos|eos|start|end|stop|begin|special"
              + "|separator|class|next|last|first|per|each) )token)\\b");

  /** A parameter in the URL of a database, with its name and its literal value. */
  private static final Pattern PARAMETER =
      Pattern.compile("[?&;,(]\\s*([\\w. -]+?)\\s*=\\s*(?!\\$\\{)([^&;,)\\s]+)");

  /** A user and a literal password before the host in the URL of a database. */
  private static final Pattern USER =
      Pattern.compile("//([^/?@:]*):(?!\\$\\{)([^/?@]+)@|:([^/:@]+)/(?!\\$\\{)[^/:@]+@");

  /** Last words of keys that describe a secret, but do not contain it. */
  private static final Pattern ABOUT =
      Pattern.compile(
          " (file|path|length|count|size|type|id|field|column|name|variable|policy)s?$");

  /** A value that has a reference. */
  record Resolved(String reference, String value) {}

  References(Function<String, Path> files) {
    this(System::getenv, files, new HashMap<>());
  }

  /** A copy of a tree with the values of its references; it is invalid if there are problems. */
  YamlNode resolve(YamlNode node, String path, List<Problem> problems) {
    if (node instanceof Mapping mapping) {
      Map<String, YamlNode> entries = new LinkedHashMap<>();
      List<Problem> found = new ArrayList<>();
      mapping
          .entries()
          .forEach(
              (key, value) -> entries.put(key, resolve(value, KeyPath.join(path, key), found)));
      boolean hasKeyAlone = // {abc} is {abc: null}
          entries.values().stream().anyMatch(it -> it.show().matches("~?|null|\\{}|\\[]"));
      if (isSecret(path) && (hasKeyAlone || !found.isEmpty())) {
        found.clear(); // Their keys may be a part of the secret.
        found.add(new Problem(path, NAMED));
      }
      problems.addAll(found);
      return new Mapping(entries, mapping.origin(), mapping.formerType(), mapping.shortForm());
    }
    if (node instanceof Sequence sequence) {
      List<YamlNode> entries = new ArrayList<>();
      for (YamlNode entry : sequence.entries()) {
        entries.add(resolve(entry, KeyPath.join(path, entries.size()), problems));
      }
      return new Sequence(entries, sequence.origin());
    }
    return resolve((Scalar) node, path, problems);
  }

  private Scalar resolve(Scalar scalar, String path, List<Problem> problems) {
    String text = scalar.text();
    if (hasPassword(text)) {
      Secrets.hideLiteral(text);
      problems.add(new Problem(path, "has a password; its value " + LITERAL));
      return scalar;
    }
    Matcher matcher = REFERENCE.matcher(text);
    if (!matcher.find()) {
      if (isSecret(path) && scalar.isString() && !text.isEmpty()) {
        Secrets.hideLiteral(text);
        problems.add(new Problem(path, NAMED));
      }
      return scalar;
    }
    if (PUBLISHED.matcher(path).matches()) {
      problems.add(
          new Problem(
              path, "has a reference, which is not allowed: its value is saved with the model"));
      return scalar;
    }
    if (QUERY.matcher(path).matches() && !isSecret(path) && text.contains("${file:")) {
      problems.add(
          new Problem(
              path,
              "has a reference to a file, which is not allowed: a query is trusted by its text. Use ${ENV:NAME}"));
      return scalar;
    }
    if (("/" + matcher.replaceAll("/") + "/").contains("/../")) {
      problems.add(new Problem(path, "has a reference and \"..\", which is not allowed"));
      return scalar;
    }
    StringBuilder value = new StringBuilder();
    matcher.reset();
    while (matcher.find()) {
      String part = value(matcher.group(1), matcher.group(2), path, problems);
      if (isSecret(path) || new Scalar(part, false, scalar.origin()).isString()) {
        Secrets.hide(part, matcher.group());
      }
      matcher.appendReplacement(value, Matcher.quoteReplacement(part));
    }
    matcher.appendTail(value);
    if (value
        .toString()
        .startsWith(HUB)) { // A folder of another person could send a secret to the hub.
      problems.add(new Problem(path, "has a reference in a name of the hub, which is not allowed"));
      return scalar;
    }
    byPath.put(path, new Resolved(text, value.toString()));
    // A saved reference is quoted, but its value may be a number.
    Scalar plain = new Scalar(value.toString(), false, scalar.origin());
    return plain.isString() || plain.isNull()
        ? new Scalar(value.toString(), true, scalar.origin())
        : plain;
  }

  private static boolean hasPassword(String url) {
    return url.startsWith("jdbc:")
        && (USER.matcher(url).find()
            || PARAMETER.matcher(url).results().anyMatch(it -> isSecret(it.group(1))));
  }

  private String value(String kind, String name, String path, List<Problem> problems) {
    String problem =
        "has an unknown reference ${" + kind + ":...}; use ${ENV:NAME} or ${file:PATH}";
    if (kind.equals("ENV")) {
      String value = environment.apply(name);
      if (value != null) {
        return value;
      }
      problem = "refers to the environment variable " + name + ", which is not set";
    } else if (kind.equals("file")) {
      try (InputStream file = open(files.apply(name))) {
        byte[] content = file.readNBytes(MAX_BYTES + 1);
        if (content.length <= MAX_BYTES) {
          CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
          return text.toString().replaceFirst("\\R\\z", "");
        }
        problem = "refers to the file " + name + ", which has more than " + MAX_BYTES + " bytes";
      } catch (IOException e) {
        problem = "refers to the file " + name + ", which cannot be read as text";
      }
    }
    problems.add(new Problem(path, problem));
    return "";
  }

  private static InputStream open(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(
          "It is not a regular file; reading a pipe or a device might never end.");
    }
    return Files.newInputStream(file);
  }

  /** Whether a text, such as a malformed file, contains the name of a secret. */
  static boolean mentionsSecret(String text) {
    return Arrays.stream(text.split("[={}\\[\\],:\"'\\s]+")).anyMatch(References::isSecret);
  }

  /** Whether a key of a path is the name of a secret. */
  static boolean isSecret(String path) {
    return Arrays.stream(path.split("\\.")).anyMatch(References::isSecretKey);
  }

  private static boolean isSecretKey(String key) {
    String words =
        key.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-_ ]+", " ")
            .toLowerCase(Locale.ROOT);
    return SECRET.matcher(words).find() && !ABOUT.matcher(words).find();
  }

  /** Writes the references in place of their values. */
  void restore(ObjectNode settings) {
    settings
        .properties()
        .forEach(entry -> entry.setValue(restored(entry.getValue(), entry.getKey())));
  }

  private JsonNode restored(JsonNode node, String path) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(it -> it.setValue(restored(it.getValue(), KeyPath.join(path, it.getKey()))));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, restored(array.get(i), KeyPath.join(path, i)));
      }
    } else if (node.isValueNode() && !node.isNull()) {
      Resolved here = byPath.get(path);
      if (here != null && node.asText().contains(here.value())) {
        return TextNode.valueOf(here.reference());
      }
      for (Resolved other : byPath.values()) { // a renamed key, or a short form
        if (node.isTextual() && node.asText().equals(other.value()) && !other.value().isEmpty()) {
          return TextNode.valueOf(other.reference());
        }
      }
    }
    return node;
  }
}
