package dev.counterpoint.core.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Copies a record with some components changed. */
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
    RecordComponent[] components = record.getClass().getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    @Nullable Object[] values = new @Nullable Object[components.length];
    Set<String> unknown = new TreeSet<>(changes.keySet());
    try {
      for (int i = 0; i < values.length; i++) {
        String name = components[i].getName();
        boolean changed = unknown.remove(name);
        values[i] = changed ? changes.get(name) : components[i].getAccessor().invoke(record);
      }
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(
            record.getClass().getName() + " has no " + unknown + ".");
      }
      return (R) record.getClass().getDeclaredConstructor(types).newInstance(values);
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
