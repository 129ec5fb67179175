package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The built-in implementations of one contract, each a record of its settings under a short name;
 * anybody's own is named by its class.
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

  /** A catalog with nothing in it. */
  public static <T> Catalog<T> of(Class<T> contract) {
    return new Catalog<>(contract, Map.of());
  }

  /** The same catalog with one more name. */
  public Catalog<T> with(String name, Class<? extends T> record) {
    if (!record.isRecord()) {
      throw new IllegalArgumentException(record + " is not a record.");
    }
    Map<String, Class<? extends T>> more = new LinkedHashMap<>(builtIn);
    if (more.putIfAbsent(name, record) != null) {
      throw new IllegalArgumentException("There are two of the name " + name + ".");
    }
    return new Catalog<>(contract, more);
  }

  /** What every entry implements. */
  public Class<T> contract() {
    return contract;
  }

  /** The short names, in the order they were given. */
  public Set<String> names() {
    return builtIn.keySet();
  }

  /** The records behind the short names, in that order. */
  public Collection<Class<? extends T>> records() {
    return builtIn.values();
  }

  /** {@code adam, adamw, sgd, or a class name}: what {@code type} may be. */
  String known() {
    return String.join(", ", names()) + (builtIn.isEmpty() ? "" : ", or ") + "a class name";
  }

  /** The short name of a record class, or else the class name that leads back to it. */
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
   * The record class that a {@code type} names: a short name; the class name of a record that
   * implements the contract; or the class name of anything else, as a model, with one public record
   * within that does.
   *
   * @throws InvalidSettings whose message goes on from {@code type "name"}
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
    List<String> near = new ArrayList<>(names());
    near.addAll(classes.compiled());
    String where = looksLikeClass(name) ? ", and no such class is in " + classes.description() : "";
    return "is unknown%s%s Known: %s".formatted(where, Nearest.suggestion(name, near), known());
  }

  private static boolean looksLikeClass(String name) {
    return name.matches("\\p{Lu}.*|.+[.$].+");
  }

  private Class<?> settings(Class<?> named) {
    if (contract.isAssignableFrom(named)) {
      return usable(named);
    }
    List<Class<?>> within = nested(named);
    if (within.isEmpty()) {
      throw new InvalidSettings(
          "is %s, but a record that implements %s is wanted, or a class with such a public record in it"
              .formatted(describe(named), contract.getName()));
    }
    if (within.size() > 1) {
      throw new InvalidSettings(
          "has several records that implement %s; name one of %s"
              .formatted(
                  contract.getSimpleName(),
                  String.join(", ", within.stream().map(Class::getName).sorted().toList())));
    }
    return usable(within.get(0));
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
          "is %s that implements %s, but only a record of its settings can be made from a run file"
              .formatted(describe(implementation), contract.getSimpleName());
    } else if (!Modifier.isPublic(implementation.getModifiers())) {
      problem =
          "is not public; write \"public record %s\"".formatted(implementation.getSimpleName());
    } else if (RecordShape.of(implementation).names().contains(TYPE)) {
      problem = "has a component named type, which is the key that names the class";
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
