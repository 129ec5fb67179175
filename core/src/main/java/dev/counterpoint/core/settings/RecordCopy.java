package dev.counterpoint.core.settings;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Creates records from named values, and copies records with some components changed. */
public final class RecordCopy {
  private RecordCopy() {}

  /** Returns a copy of a record with one component changed, as {@link #with(Record, Map)}. */
  public static <R extends Record> R with(R record, String name, @Nullable Object value) {
    return with(record, Collections.singletonMap(name, value));
  }

  /**
   * Returns a copy of a record, created by its canonical constructor.
   *
   * @param record of a class that is public, as its constructor is
   * @param changes the new values by the name of their component
   * @throws IllegalArgumentException if the record has no such component
   * @throws InvalidSettings if the constructor rejects a value
   */
  @SuppressWarnings("unchecked")
  public static <R extends Record> R with(R record, Map<String, ?> changes) {
    return create(
        (Class<R>) record.getClass(), changes, component -> component.getAccessor().invoke(record));
  }

  /**
   * Creates a record with its canonical constructor; a component without a value is null, 0 or
   * false.
   *
   * @throws IllegalArgumentException if the record has no such component
   * @throws InvalidSettings if the constructor rejects a value
   */
  public static <R extends Record> R of(Class<R> type, Map<String, ?> values) {
    return create(
        type, values, component -> Array.get(Array.newInstance(component.getType(), 1), 0));
  }

  private interface Defaults {
    @Nullable Object of(RecordComponent component) throws ReflectiveOperationException;
  }

  private static <R extends Record> R create(
      Class<R> type, Map<String, ?> named, Defaults defaults) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    @Nullable Object[] values = new @Nullable Object[components.length];
    Set<String> unknown = new TreeSet<>(named.keySet());
    try {
      for (int i = 0; i < values.length; i++) {
        String name = components[i].getName();
        values[i] = unknown.remove(name) ? named.get(name) : defaults.of(components[i]);
      }
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(type.getName() + " has no " + unknown + ".");
      }
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException rejected) {
        throw rejected;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
