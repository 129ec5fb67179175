package dev.counterpoint.runner.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.inference.TrainedConfig;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.runner.wiring.Catalogs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Keys of run files, read from the config records. */
final class ConfigKeys {
  private static final Binder BINDER = new Binder(Catalogs.all(), SourcePath.none());

  private ConfigKeys() {}

  /**
   * A key of a run file.
   *
   * @param path of the key below the record, as {@code architecture.width}
   * @param owner the record that declares it
   * @param component its record component
   * @param defaults the default of the whole record as a tree; null if it has none
   */
  record Key(
      String path, Class<?> owner, RecordComponent component, @Nullable ObjectNode defaults) {
    String name() {
      return component.getName();
    }

    Type type() {
      return component.getGenericType();
    }

    boolean nullable() {
      return component.getAnnotatedType().isAnnotationPresent(Nullable.class)
          || raw(type()) == Optional.class;
    }

    /** The default; empty if the key has none. */
    Optional<JsonNode> defaultValue() {
      JsonNode value = defaults == null ? null : defaults.get(name());
      return Optional.ofNullable(value instanceof NullNode ? null : value);
    }

    Optional<String> formerName() {
      return Optional.ofNullable(component.getAnnotation(FormerName.class)).map(FormerName::value);
    }
  }

  /** The keys of a record and of the records in it, in the order of their declaration. */
  static List<Key> of(Class<?> record) {
    return below("", record, defaults(record));
  }

  private static List<Key> below(String prefix, Class<?> record, @Nullable ObjectNode defaults) {
    List<Key> keys = new ArrayList<>();
    for (RecordComponent component : record.getRecordComponents()) {
      String path = prefix + component.getName();
      keys.add(new Key(path, record, component, defaults));
      Class<?> nested = content(component.getGenericType());
      if (nested.isRecord()) {
        String inner = path + infix(component.getType()) + ".";
        boolean given = defaults != null && defaults.get(component.getName()) instanceof ObjectNode;
        keys.addAll(
            below(
                inner,
                nested,
                given ? (ObjectNode) defaults.get(component.getName()) : defaults(nested)));
      }
    }
    return keys;
  }

  private static String infix(Class<?> type) {
    return type == List.class ? ".N" : type == Map.class ? ".NAME" : "";
  }

  /** The class of the value, or of the values of a list or map. */
  static Class<?> content(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return raw(arguments[arguments.length - 1]);
    }
    return raw(type);
  }

  static Class<?> raw(Type type) {
    return type instanceof ParameterizedType generic
        ? (Class<?>) generic.getRawType()
        : (Class<?>) type;
  }

  /** The catalog of a contract. */
  static Optional<Catalog<?>> catalog(Class<?> contract) {
    return Catalogs.all().stream().filter(it -> it.contract() == contract).findFirst();
  }

  /** {@code LAST_TOKEN} is {@code last-token}. */
  static List<String> constants(Class<?> choice) {
    return Arrays.stream(choice.getEnumConstants())
        .map(it -> ((Enum<?>) it).name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .toList();
  }

  /** The settings of {@code defaults()} as a tree; null if the record has none. */
  static @Nullable ObjectNode defaults(Class<?> record) {
    try {
      Method factory = record.getDeclaredMethod("defaults");
      return BINDER.toTree(factory.invoke(null));
    } catch (NoSuchMethodException e) {
      return null;
    } catch (InvocationTargetException | IllegalAccessException e) {
      throw new IllegalStateException(record + " has defaults() that fail.", e);
    }
  }

  /**
   * Every dotted path that a run file may have, with the keys of all entries of a catalog side by
   * side: {@code model.width}, {@code model.lora.rank}.
   */
  static Set<String> paths(Class<?> record) {
    Set<String> paths = new TreeSet<>();
    addPaths("", record, paths);
    return paths;
  }

  private static void addPaths(String prefix, Class<?> record, Set<String> paths) {
    for (Key key : of(record)) {
      String path = prefix + key.path();
      paths.add(path);
      key.formerName().ifPresent(former -> paths.add(path.replaceFirst("[^.]+$", former)));
      Class<?> content = content(key.type());
      if (record == TrainedConfig.class && content == ModelConfig.class) {
        continue; // the same keys again
      }
      catalog(content)
          .ifPresent(
              catalog -> {
                String inner = path + infix(raw(key.type())) + ".";
                paths.add(inner + "type");
                catalog.records().forEach(entry -> addPaths(inner, entry, paths));
              });
    }
  }

  /** Whether a path of a document, whose indices and names are any, is a key of a run file. */
  static boolean exists(Set<String> paths, String path) {
    String[] parts = path.split("\\.");
    return paths.stream().map(it -> it.split("\\.")).anyMatch(it -> matches(it, parts));
  }

  private static boolean matches(String[] pattern, String[] parts) {
    if (pattern.length != parts.length) {
      return false;
    }
    for (int i = 0; i < parts.length; i++) {
      boolean any =
          pattern[i].equals("NAME") || (pattern[i].equals("N") && parts[i].matches("\\d+|N"));
      if (!any && !pattern[i].equals(parts[i])) {
        return false;
      }
    }
    return true;
  }

  /** Numbers as a reader writes them. */
  static String text(JsonNode value) {
    if (value.isObject()) {
      return value.properties().stream()
          .map(entry -> entry.getKey() + ": " + text(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value.isArray()) {
      List<String> entries = new ArrayList<>();
      value.forEach(entry -> entries.add(text(entry)));
      return entries.stream().collect(Collectors.joining(", ", "[", "]"));
    }
    return value.isDouble() ? number(value.doubleValue()) : value.asText();
  }

  private static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e6) {
      return Long.toString((long) value);
    }
    String text = Double.toString(value); // 1.0E-8
    return value < 0.001 || value >= 1e6
        ? String.format(Locale.ROOT, "%.3e", value)
            .replaceFirst("\\.?0*e", "e")
            .replaceFirst("e([+-])0*", "e$1")
            .replace("e+", "e")
        : text;
  }
}
