package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.config.RecordShape.Part;
import dev.counterpoint.inference.config.YamlNode.Mapping;
import dev.counterpoint.inference.config.YamlNode.Scalar;
import dev.counterpoint.inference.config.YamlNode.Sequence;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a tree. What cannot be made becomes a problem and {@link #FAILED}, and the pass
 * goes on, so that everything wrong is found at once.
 */
final class Binding {
  private static final Object FAILED = new Object();
  private static final String TYPE = "type";

  private final Contracts contracts;
  private final List<Problem> problems = new ArrayList<>();

  Binding(Contracts contracts) {
    this.contracts = contracts;
  }

  /** What was found wrong, in the order of the tree. */
  List<Problem> problems() {
    return problems;
  }

  /** The record of a whole tree; something of no use where there are problems. */
  Object bind(Class<?> type, YamlNode root) {
    return value(type, root, "", null);
  }

  /**
   * A value.
   *
   * @param enclosing what the defaults of the enclosing record have here
   */
  private Object value(Type type, YamlNode node, String path, @Nullable Object enclosing) {
    Class<?> wanted = Types.raw(type);
    Catalog<?> catalog = contracts.of(wanted);
    if (catalog != null) {
      return implementation(catalog, node, path, enclosing);
    }
    if (node instanceof Mapping mapping && mapping.shortForm() != null) {
      return reachesIntoText(mapping.shortForm(), path);
    }
    if (wanted == List.class) {
      return list(Types.argument(type, 0), node, path);
    }
    if (wanted == Map.class) {
      return map(type, node, path);
    }
    return wanted.isRecord() ? record(wanted, node, path, enclosing) : single(wanted, node, path);
  }

  private Object reachesIntoText(Scalar text, String path) {
    return fail(path, text.show() + " is a single value, without keys that could be set");
  }

  private Object single(Class<?> wanted, YamlNode node, String path) {
    Scalars.Kind kind = Scalars.kind(wanted);
    if (kind == null) {
      return fail(path, "is of the type " + wanted.getName() + ", which no run file can give");
    }
    if (!(node instanceof Scalar scalar) || scalar.isNull()) {
      return mismatch(node, path, kind.rule(node));
    }
    Object value = kind.reading().of(scalar);
    if (value != null) {
      return value;
    }
    return wanted.isEnum()
        ? fail(path, unknown(scalar.text(), Scalars.names(wanted)))
        : mismatch(node, path, kind.rule(node));
  }

  private Object list(Type entryType, YamlNode node, String path) {
    if (!(node instanceof Sequence sequence)) {
      return mismatch(node, path, "must be a list, as in [a, b]");
    }
    List<Object> entries = new ArrayList<>();
    for (YamlNode entry : sequence.entries()) {
      entries.add(value(entryType, entry, KeyPath.join(path, entries.size()), null));
    }
    return entries.contains(FAILED) ? FAILED : Collections.unmodifiableList(entries);
  }

  private Object map(Type type, YamlNode node, String path) {
    if (Types.raw(Types.argument(type, 0)) != String.class) {
      return fail(path, "is of the type " + type.getTypeName() + ", which no run file can give");
    }
    if (!(node instanceof Mapping mapping)) {
      return mismatch(node, path, "must be keys with values, as in {a: 1}");
    }
    Map<String, Object> entries = new LinkedHashMap<>();
    Type valueType = Types.argument(type, 1);
    mapping
        .entries()
        .forEach(
            (key, entry) ->
                entries.put(key, value(valueType, entry, KeyPath.join(path, key), null)));
    return entries.containsValue(FAILED) ? FAILED : Collections.unmodifiableMap(entries);
  }

  private Object implementation(
      Catalog<?> catalog, YamlNode node, String path, @Nullable Object enclosing) {
    if (node instanceof Scalar scalar && !scalar.isNull()) {
      Mapping nothing = new Mapping(Map.of(), scalar.origin());
      return typed(catalog, scalar, path, nothing, path);
    }
    if (!(node instanceof Mapping mapping)) {
      return mismatch(node, path, "must be keys with values, or a type alone: " + catalog.known());
    }
    String typePath = KeyPath.join(path, TYPE);
    YamlNode type = mapping.entries().get(TYPE);
    if (type instanceof Scalar scalar && !scalar.isNull()) {
      return typed(catalog, scalar, typePath, mapping, path);
    }
    if (type != null) {
      return mismatch(type, typePath, "must be one of " + catalog.known());
    }
    return enclosing instanceof Record
        ? fields(enclosing.getClass(), mapping, path, enclosing, true)
        : fail(typePath, "is missing; known: " + catalog.known());
  }

  private Object typed(
      Catalog<?> catalog, Scalar type, String typePath, Mapping mapping, String path) {
    Class<?> implementation;
    try {
      implementation = catalog.find(type.text(), contracts.classes());
    } catch (InvalidSettings e) {
      Problem problem = e.problems().get(0);
      return fail(typePath, '"' + Quoted.onOneLine(type.text()) + "\" " + problem.message());
    }
    return fields(implementation, mapping, path, null, true);
  }

  private Object record(Class<?> type, YamlNode node, String path, @Nullable Object enclosing) {
    return node instanceof Mapping mapping
        ? fields(type, mapping, path, enclosing, false)
        : mismatch(node, path, "must be keys with values: " + keys(type));
  }

  private static String keys(Class<?> record) {
    return String.join(", ", RecordShape.of(record).names());
  }

  private Object fields(
      Class<?> type, Mapping node, String path, @Nullable Object enclosing, boolean typed) {
    try {
      RecordShape shape = RecordShape.of(type);
      Mapping current = withCurrentNames(shape, node);
      refuseUnknown(shape, current, path, typed);
      return create(shape, current, path, shape.base(enclosing));
    } catch (InvalidSettings e) {
      e.problems().forEach(problem -> problems.add(KeyPath.under(path, problem)));
      return FAILED;
    }
  }

  /** Moves values of former names to the current ones; a {@code --set} wins over the file. */
  private static Mapping withCurrentNames(RecordShape shape, Mapping node) {
    Mapping current = node;
    for (Part part : shape.parts()) {
      String name = part.formerName();
      YamlNode former = name == null ? null : current.entries().get(name);
      if (name != null && former != null) {
        YamlNode given = current.entries().get(part.name());
        current = current.without(name);
        if (given == null || !former.inFile()) {
          current = current.with(part.name(), former);
        }
      }
    }
    return current;
  }

  /** What the file says of another type than {@code --set} chose is not meant for this one. */
  private void refuseUnknown(RecordShape shape, Mapping node, String path, boolean typed) {
    List<String> known = new ArrayList<>(typed ? List.of(TYPE) : List.of());
    known.addAll(shape.names());
    node.entries()
        .forEach(
            (key, value) -> {
              boolean forOldType = typed && node.retyped() && value.inFile();
              if (!known.contains(key) && !forOldType) {
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
      tryRest(shape, values, path, failed);
    }
    return FAILED;
  }

  /**
   * Where a key could not be read, the record's own checks of the other keys are still wanted. They
   * run with a default in that key's place, and what they say of that key is not told.
   */
  private void tryRest(
      RecordShape shape, @Nullable Object[] values, String path, List<String> failed) {
    try {
      shape.create(values);
    } catch (InvalidSettings e) {
      e.problems().stream()
          .filter(problem -> !problem.key().isEmpty())
          .filter(problem -> failed.stream().noneMatch(name -> mentions(problem, name)))
          .forEach(problem -> problems.add(KeyPath.under(path, problem)));
    }
  }

  private static boolean mentions(Problem problem, String name) {
    return Pattern.compile("\\b" + Pattern.quote(name) + "\\b").matcher(problem.toString()).find();
  }

  private @Nullable Object part(Part part, Mapping node, String path, @Nullable Object base) {
    String inner = KeyPath.join(path, part.name());
    YamlNode given = node.entries().get(part.name());
    Object fallback = base == null ? null : part.of(base);
    if (given == null) {
      return fallback == null ? absent(part, inner) : fallback;
    }
    boolean isNull = given instanceof Scalar scalar && scalar.isNull();
    if (part.optional()) {
      Object content = fallback instanceof Optional<?> some ? some.orElse(null) : null;
      Type wanted = Types.argument(part.type(), 0);
      return isNull ? Optional.empty() : wrapped(value(wanted, given, inner, content));
    }
    return isNull && part.nullable() ? null : value(part.type(), given, inner, fallback);
  }

  private static Object wrapped(Object value) {
    return value == FAILED ? FAILED : Optional.of(value);
  }

  private @Nullable Object absent(Part part, String path) {
    if (part.optional()) {
      return Optional.empty();
    }
    if (part.nullable()) {
      return null;
    }
    Class<?> wanted = Types.raw(part.type());
    Object defaults = wanted.isRecord() ? RecordShape.of(wanted).base(null) : null;
    return defaults == null ? fail(path, "is missing; it " + rule(part.type())) : defaults;
  }

  /** What is wanted of a key that is not there. */
  private String rule(Type type) {
    Class<?> wanted = Types.raw(type);
    Catalog<?> catalog = contracts.of(wanted);
    Scalars.Kind kind = Scalars.kind(wanted);
    if (catalog != null) {
      return "must be one of " + catalog.known();
    }
    if (kind != null) {
      return "must be " + kind.words();
    }
    if (wanted.isRecord()) {
      return "must be keys with values: " + keys(wanted);
    }
    return wanted == List.class ? "must be a list" : "must be keys with values";
  }

  private static String unknown(String text, List<String> known) {
    return '"' + Quoted.shorten(Quoted.onOneLine(text)) + "\" is unknown" + known(text, known);
  }

  private static String known(String written, List<String> known) {
    return known.isEmpty()
        ? "; there is nothing to set here"
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
