package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.internal.config.RecordShape.Part;
import dev.counterpoint.inference.internal.config.YamlNode.Mapping;
import dev.counterpoint.inference.internal.config.YamlNode.Scalar;
import dev.counterpoint.inference.internal.config.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Binds one settings tree to records. An invalid value is recorded as a problem and represented by
 * {@link #FAILED}, and binding continues, so that all problems are found in one pass.
 */
final class Binding {
  private static final Object FAILED = new Object();
  private static final String TYPE = "type";

  private final Contracts contracts;
  private final List<Problem> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  Binding(Contracts contracts) {
    this.contracts = contracts;
  }

  /** The problems found, in the order of the tree. */
  List<Problem> problems() {
    return problems;
  }

  /** Notes about valid settings: the keys of the file that were dropped. */
  List<String> notes() {
    return notes;
  }

  /** Binds the whole tree to a record; the result must not be used if there are problems. */
  Object bind(Class<?> type, YamlNode root) {
    return value(TypeFactory.defaultInstance().constructType(type), root, "", null);
  }

  /**
   * Binds a value.
   *
   * @param enclosing the value of this key in the enclosing record's defaults; null if there is
   *     none
   */
  private Object value(JavaType type, YamlNode node, String path, @Nullable Object enclosing) {
    Class<?> rawType = type.getRawClass();
    Catalog<?> catalog = contracts.of(rawType);
    if (catalog != null) {
      return implementation(catalog, node, path, enclosing);
    }
    if (node instanceof Mapping mapping && mapping.shortForm() != null) {
      return fail(path, mapping.shortForm().show() + " is a single value and has no nested keys");
    }
    if (rawType == List.class) {
      return list(type.containedTypeOrUnknown(0), node, path);
    }
    if (rawType == Map.class) {
      return map(type, node, path);
    }
    return rawType.isRecord()
        ? record(rawType, node, path, enclosing)
        : scalar(rawType, node, path);
  }

  private Object scalar(Class<?> type, YamlNode node, String path) {
    Scalars.Kind kind = Scalars.kind(type);
    if (kind == null) {
      return fail(
          path, "has the Java type " + type.getName() + ", which cannot be set in a run file");
    }
    if (!(node instanceof Scalar scalar) || scalar.isNull()) {
      return mismatch(node, path, kind.rule(node));
    }
    Object value = kind.parser().parse(scalar);
    if (value != null) {
      return value;
    }
    return type.isEnum()
        ? fail(path, unknown(scalar.text(), Scalars.names(type)))
        : mismatch(node, path, kind.rule(node));
  }

  private Object list(JavaType entryType, YamlNode node, String path) {
    if (!(node instanceof Sequence sequence)) {
      return mismatch(node, path, "must be a list, such as [a, b]");
    }
    List<Object> entries = new ArrayList<>();
    for (YamlNode entry : sequence.entries()) {
      entries.add(value(entryType, entry, KeyPath.join(path, entries.size()), null));
    }
    return entries.contains(FAILED) ? FAILED : Collections.unmodifiableList(entries);
  }

  private Object map(JavaType type, YamlNode node, String path) {
    if (!type.containedTypeOrUnknown(0).hasRawClass(String.class)) {
      return fail(
          path, "has the Java type " + type.toCanonical() + ", which cannot be set in a run file");
    }
    if (!(node instanceof Mapping mapping)) {
      return mismatch(node, path, "must be a mapping, such as {a: 1}");
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    JavaType valueType = type.containedTypeOrUnknown(1);
    mapping
        .entries()
        .forEach(
            (key, entry) ->
                entries.put(key, value(valueType, entry, KeyPath.join(path, key), null)));
    return entries.containsValue(FAILED) ? FAILED : Collections.unmodifiableMap(entries);
  }

  private Object implementation(
      Catalog<?> catalog, YamlNode node, String path, @Nullable Object enclosing) {
    if (node instanceof Scalar scalar && scalar.isNumber() && enclosing instanceof Record) {
      List<Part> parts = RecordShape.of(enclosing.getClass()).parts();
      if (!parts.isEmpty() && parts.get(0).type().hasRawClass(int.class)) {
        Mapping number = new Mapping(Map.of(parts.get(0).name(), scalar), scalar.origin());
        return fields(enclosing.getClass(), number, path, enclosing, true);
      }
    }
    if (node instanceof Scalar scalar && !scalar.isNull()) {
      Mapping empty = new Mapping(Map.of(), scalar.origin());
      return typed(catalog, scalar, path, empty, path, enclosing);
    }
    if (!(node instanceof Mapping mapping)) {
      return mismatch(
          node, path, "must be a mapping with the key type, or a type: " + catalog.known());
    }
    String typePath = KeyPath.join(path, TYPE);
    YamlNode type = mapping.entries().get(TYPE);
    if (type instanceof Scalar scalar && !scalar.isNull()) {
      return typed(catalog, scalar, typePath, mapping, path, enclosing);
    }
    if (type != null) {
      return mismatch(type, typePath, "must be one of " + catalog.known());
    }
    return enclosing instanceof Record
        ? fields(enclosing.getClass(), mapping, path, enclosing, true)
        : fail(typePath, "is missing. Known: " + catalog.known());
  }

  private Object typed(
      Catalog<?> catalog,
      Scalar type,
      String typePath,
      Mapping mapping,
      String path,
      @Nullable Object enclosing) {
    Class<?> implementation;
    try {
      implementation = catalog.find(type.text(), contracts.classes());
    } catch (InvalidSettings e) {
      Problem problem = e.problems().get(0);
      return fail(typePath, '"' + Excerpt.of(type.text()) + "\" " + problem.message());
    }
    Mapping own =
        mapping.formerType() == null
                || implementation == former(catalog, mapping.formerType(), enclosing)
            ? mapping
            : withoutFile(mapping, type, path);
    return fields(implementation, own, path, null, true);
  }

  /** The class of the file's {@code type}; null if there is none. */
  private @Nullable Class<?> former(Catalog<?> catalog, String type, @Nullable Object enclosing) {
    try {
      return type.isEmpty()
          ? (enclosing == null ? null : enclosing.getClass())
          : catalog.find(type, contracts.classes());
    } catch (InvalidSettings e) {
      return null;
    }
  }

  /** Drops the keys of the file, which sets a different type than {@code --set}. */
  private Mapping withoutFile(Mapping mapping, Scalar type, String path) {
    Mapping own = mapping.withoutFile();
    List<String> dropped =
        mapping.entries().keySet().stream().filter(key -> !own.entries().containsKey(key)).toList();
    if (!dropped.isEmpty()) {
      notes.add(
          "%s: ignoring %s of the file, set for another type"
              .formatted(
                  type.origin().description(),
                  String.join(
                      ", ", dropped.stream().map(key -> KeyPath.join(path, key)).toList())));
    }
    return own;
  }

  private Object record(Class<?> type, YamlNode node, String path, @Nullable Object enclosing) {
    return node instanceof Mapping mapping
        ? fields(type, mapping, path, enclosing, false)
        : mismatch(node, path, "must be a mapping with the keys " + keys(type));
  }

  private static String keys(Class<?> record) {
    return String.join(", ", RecordShape.of(record).names());
  }

  private Object fields(
      Class<?> type, Mapping node, String path, @Nullable Object enclosing, boolean typed) {
    try {
      RecordShape shape = RecordShape.of(type);
      Mapping current = withCurrentNames(shape, node);
      rejectUnknown(shape, current, path, typed);
      return create(shape, current, path, shape.base(enclosing));
    } catch (InvalidSettings e) {
      e.problems().forEach(problem -> problems.add(problem.under(path)));
      return FAILED;
    }
  }

  /** Moves values of former keys to the current ones; {@code --set} takes precedence. */
  private static Mapping withCurrentNames(RecordShape shape, Mapping node) {
    Mapping current = node;
    for (Part part : shape.parts()) {
      String name = part.formerName();
      YamlNode former = name == null ? null : current.entries().get(name);
      if (name != null && former != null) {
        YamlNode present = current.entries().get(part.name());
        current = current.without(name);
        if (present == null || !former.inFile()) {
          current = current.with(part.name(), former);
        }
      }
    }
    return current;
  }

  /** Rejects unknown keys. */
  private void rejectUnknown(RecordShape shape, Mapping node, String path, boolean typed) {
    List<String> known = new ArrayList<>(typed ? List.of(TYPE) : List.of());
    known.addAll(shape.names());
    node.entries()
        .forEach(
            (key, value) -> {
              if (!known.contains(key)) {
                fail(KeyPath.join(path, key), "is unknown" + known(key, known));
              }
            });
  }

  private Object create(RecordShape shape, Mapping node, String path, @Nullable Object base) {
    @Nullable Object[] values = new @Nullable Object[shape.parts().size()];
    List<String> failed = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      Part part = shape.parts().get(i);
      values[i] = part(part, node, path, base);
      if (values[i] == FAILED) {
        failed.add(part.name());
        values[i] = base == null ? null : part.of(base);
      }
    }
    if (failed.isEmpty()) {
      return shape.create(values);
    }
    if (base != null) {
      checkOtherKeys(shape, values, path, failed);
    }
    return FAILED;
  }

  /**
   * Runs the record's validation although some keys could not be read, to find problems with the
   * other keys. The failed keys have default values, and problems that mention them are ignored.
   */
  private void checkOtherKeys(
      RecordShape shape, @Nullable Object[] values, String path, List<String> failed) {
    try {
      shape.create(values);
    } catch (InvalidSettings e) {
      e.problems().stream()
          .filter(problem -> !problem.key().isEmpty())
          .filter(problem -> failed.stream().noneMatch(name -> mentions(problem, name)))
          .forEach(problem -> problems.add(problem.under(path)));
    }
  }

  private static boolean mentions(Problem problem, String name) {
    return Pattern.compile("\\b" + Pattern.quote(name) + "\\b").matcher(problem.toString()).find();
  }

  private @Nullable Object part(Part part, Mapping node, String path, @Nullable Object base) {
    String inner = KeyPath.join(path, part.name());
    YamlNode present = node.entries().get(part.name());
    Object fallback = base == null ? null : part.of(base);
    if (present == null) {
      return fallback == null ? absent(part, inner, node) : fallback;
    }
    boolean isNull = present instanceof Scalar scalar && scalar.isNull();
    if (part.optional()) {
      Object content = fallback instanceof Optional<?> optional ? optional.orElse(null) : null;
      Object bound = isNull ? null : value(part.contentType(), present, inner, content);
      return bound == FAILED ? FAILED : Optional.ofNullable(bound);
    }
    return isNull && part.nullable() ? null : value(part.type(), present, inner, fallback);
  }

  private @Nullable Object absent(Part part, String path, Mapping section) {
    if (part.optional()) {
      return Optional.empty();
    }
    if (part.nullable()) {
      return null;
    }
    Class<?> type = part.type().getRawClass();
    Object defaults = type.isRecord() ? RecordShape.of(type).base(null) : null;
    String advice = section.inFile() ? "" : "; add --set " + path + "=VALUE";
    return defaults == null ? fail(path, "is missing; it " + rule(part.type()) + advice) : defaults;
  }

  /** The requirement for the value of a missing key. */
  private String rule(JavaType type) {
    Class<?> rawType = type.getRawClass();
    Catalog<?> catalog = contracts.of(rawType);
    Scalars.Kind kind = Scalars.kind(rawType);
    if (catalog != null) {
      return "must be one of " + catalog.known();
    }
    if (kind != null) {
      return "must be " + kind.description();
    }
    if (rawType.isRecord()) {
      return "must be a mapping with the keys " + keys(rawType);
    }
    return rawType == List.class ? "must be a list" : "must be a mapping";
  }

  private static String unknown(String text, List<String> known) {
    return '"' + Excerpt.of(text) + "\" is unknown" + known(text, known);
  }

  private static String known(String written, List<String> known) {
    return known.isEmpty()
        ? "; no keys are allowed here"
        : Nearest.suggestion(written, known) + " Known: " + String.join(", ", known);
  }

  private Object mismatch(YamlNode found, String path, String rule) {
    boolean isNull = found instanceof Scalar scalar && scalar.isNull();
    return fail(path, isNull ? "is empty; it " + rule : found.show() + " " + rule);
  }

  private Object fail(String path, String message) {
    problems.add(new Problem(path, message));
    return FAILED;
  }
}
