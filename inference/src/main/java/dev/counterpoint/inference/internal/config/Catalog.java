package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The built-in implementations of one contract: settings records by short name. A user-defined
 * implementation is named by its class.
 *
 * <pre>{@code
 * Catalog.of(Schedule.class).with("constant", Constant.class).with("linear", Linear.class)
 * }</pre>
 *
 * @param <T> the contract, an interface
 */
public final class Catalog<T> {
  private static final String TYPE = "type";

  private final Class<T> contract;
  private final Map<String, Class<? extends T>> builtIn;

  private Catalog(Class<T> contract, Map<String, Class<? extends T>> builtIn) {
    this.contract = contract;
    this.builtIn = builtIn;
  }

  /** An empty catalog. */
  public static <T> Catalog<T> of(Class<T> contract) {
    return new Catalog<>(contract, Map.of());
  }

  /**
   * A copy of the catalog with an additional entry.
   *
   * @throws IllegalArgumentException if the class is not a record, or the name already exists
   */
  public Catalog<T> with(String name, Class<? extends T> record) {
    if (!record.isRecord()) {
      throw new IllegalArgumentException(record + " is not a record.");
    }
    Map<String, Class<? extends T>> more = new LinkedHashMap<>(builtIn);
    if (more.putIfAbsent(name, record) != null) {
      throw new IllegalArgumentException("The catalog already has an entry " + name + ".");
    }
    return new Catalog<>(contract, more);
  }

  /** The interface that every entry implements. */
  public Class<T> contract() {
    return contract;
  }

  /** The short names, in the order of registration. */
  public Set<String> names() {
    return builtIn.keySet();
  }

  /** The short names of the records that also implement another interface. */
  public Set<String> names(Class<? extends T> kind) {
    Map<String, Class<? extends T>> entries = new LinkedHashMap<>(builtIn);
    entries.values().removeIf(record -> !kind.isAssignableFrom(record));
    return entries.keySet();
  }

  /** The record classes, in the order of {@link #names()}. */
  public Collection<Class<? extends T>> records() {
    return builtIn.values();
  }

  /** The allowed values of {@code type} for messages: {@code adam, adamw, or a class name}. */
  String known() {
    return String.join(", ", names()) + (builtIn.isEmpty() ? "" : ", or ") + "a class name";
  }

  /** The short name of a record class, or a class name that {@link #find} resolves to it. */
  String nameOf(Class<?> record) {
    for (Map.Entry<String, Class<? extends T>> entry : builtIn.entrySet()) {
      if (entry.getValue() == record) {
        return entry.getKey();
      }
    }
    Class<?> outer = record.getEnclosingClass();
    return outer != null && !contract.isAssignableFrom(outer) && nested(outer).size() == 1
        ? outer.getName()
        : record.getName();
  }

  /**
   * The record class for a {@code type}: a short name; the class name of a record that implements
   * the contract; or the name of another class, such as a model, that contains exactly one public
   * record that implements it.
   *
   * @throws InvalidSettings if no such record exists; the message continues {@code type "name"}
   */
  Class<?> find(String name, SourcePath classes) {
    Class<? extends T> known = builtIn.get(name);
    if (known != null) {
      return known;
    }
    try {
      return classes
          .find(name)
          .map(this::settings)
          .orElseThrow(() -> new InvalidSettings(unknown(name, classes)));
    } catch (LinkageError e) {
      throw new InvalidSettings("cannot be loaded: " + e);
    }
  }

  private String unknown(String name, SourcePath classes) {
    List<String> candidates = new ArrayList<>(names());
    classes.compiled().keySet().stream().filter(it -> !it.contains("$")).forEach(candidates::add);
    String searched =
        looksLikeClass(name) ? ", and no such class was found in " + classes.description() : "";
    return "is unknown%s%s Known: %s"
        .formatted(searched, Nearest.suggestion(name, candidates), known());
  }

  private static boolean looksLikeClass(String name) {
    return name.matches("\\p{Lu}.*|.+[.$].+");
  }

  private Class<?> settings(Class<?> named) {
    if (contract.isAssignableFrom(named)) {
      return usable(named);
    }
    List<Class<?>> nested = nested(named);
    if (nested.isEmpty()) {
      throw new InvalidSettings(
          "is %s; it must be a public record that implements %s, or a class that contains one",
          describe(named), contract.getName());
    }
    if (nested.size() > 1) {
      throw new InvalidSettings(
          "contains several records that implement %s; specify one of %s",
          contract.getSimpleName(),
          String.join(", ", nested.stream().map(Class::getName).sorted().toList()));
    }
    return usable(nested.get(0));
  }

  private List<Class<?>> nested(Class<?> outer) {
    return Arrays.<Class<?>>stream(outer.getDeclaredClasses())
        .filter(inner -> inner.isRecord() && contract.isAssignableFrom(inner))
        .toList();
  }

  private Class<?> usable(Class<?> implementation) {
    String problem = null;
    if (!implementation.isRecord()) {
      problem =
          "is %s that implements %s, but a run file can only create records"
              .formatted(describe(implementation), contract.getSimpleName());
    } else if (!Modifier.isPublic(implementation.getModifiers())) {
      problem =
          "is not public; declare it as \"public record %s\""
              .formatted(implementation.getSimpleName());
    } else if (RecordShape.of(implementation).names().contains(TYPE)) {
      problem = "has a component named type, but that key is reserved for the class name";
    }
    if (problem != null) {
      throw new InvalidSettings(problem);
    }
    return implementation;
  }

  private static String describe(Class<?> type) {
    if (type.isInterface()) {
      return "an interface";
    }
    String kind = type.isRecord() ? "record" : type.isEnum() ? "enum" : "class";
    boolean isAbstract = Modifier.isAbstract(type.getModifiers()) && !type.isEnum();
    return (isAbstract ? "an abstract " : kind.equals("enum") ? "an " : "a ") + kind;
  }
}
