package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A record class as a run file sees it: keys, defaults, and a way to make one. */
final class RecordShape {
  private final Class<?> type;
  private final List<Part> parts;
  private final Constructor<?> constructor;

  private RecordShape(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    this.type = type;
    this.parts = Arrays.stream(components).map(Part::of).toList();
    this.constructor = canonical(type, components);
  }

  /**
   * The shape of a record class.
   *
   * @throws InvalidSettings where a class that it mentions is missing
   */
  static RecordShape of(Class<?> type) {
    try {
      return new RecordShape(type);
    } catch (LinkageError | TypeNotPresentException e) {
      throw new InvalidSettings("needs a class that is not there: " + e.getMessage());
    }
  }

  private static Constructor<?> canonical(Class<?> type, RecordComponent[] components) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return opened(type.getDeclaredConstructor(types));
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("Every record has its canonical constructor.", e);
    }
  }

  /** A public record may lie within a class that is not. */
  private static <T extends AccessibleObject> T opened(T member) {
    member.trySetAccessible();
    return member;
  }

  List<Part> parts() {
    return parts;
  }

  List<String> names() {
    return parts.stream().map(Part::name).toList();
  }

  /**
   * What absent keys are taken from: what the enclosing record has there, or else {@code
   * defaults()}; nothing where the class has none.
   *
   * @throws InvalidSettings where {@code defaults()} fails
   */
  @Nullable Object base(@Nullable Object enclosing) {
    return enclosing != null && enclosing.getClass() == type ? enclosing : defaults();
  }

  private @Nullable Object defaults() {
    Optional<Method> factory =
        Arrays.stream(type.getDeclaredMethods()).filter(this::isDefaults).findFirst();
    return factory.isEmpty() ? null : invoke(opened(factory.get()));
  }

  private boolean isDefaults(Method method) {
    return method.getName().equals("defaults")
        && method.getParameterCount() == 0
        && method.getReturnType() == type
        && Modifier.isStatic(method.getModifiers())
        && Modifier.isPublic(method.getModifiers());
  }

  private static @Nullable Object invoke(Method factory) {
    try {
      return factory.invoke(null);
    } catch (InvocationTargetException e) {
      throw new InvalidSettings("has defaults() that fail: " + causeOf(e));
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes a record.
   *
   * @throws InvalidSettings where its constructor refuses the values, or fails
   */
  Object create(@Nullable Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw refusal(e);
    } catch (LinkageError e) {
      throw new InvalidSettings("cannot be built: " + e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InvalidSettings refusal(InvocationTargetException thrown) {
    Throwable cause = causeOf(thrown);
    if (cause instanceof InvalidSettings refused) {
      return refused;
    }
    if (cause instanceof IllegalArgumentException refused && refused.getMessage() != null) {
      return new InvalidSettings("is refused: " + refused.getMessage());
    }
    return new InvalidSettings("cannot be built: " + cause);
  }

  /** What was thrown by the record's own code, where it is about the record and not the machine. */
  private static Throwable causeOf(InvocationTargetException thrown) {
    Throwable cause = thrown.getCause();
    if (cause instanceof VirtualMachineError failure) {
      throw failure;
    }
    return cause == null ? thrown : cause;
  }

  /**
   * One key.
   *
   * @param formerName its deprecated name; null if it never had another
   * @param nullable whether it may be absent without a default
   */
  record Part(
      String name, @Nullable String formerName, Type type, boolean nullable, Method accessor) {
    static Part of(RecordComponent component) {
      FormerName former = component.getAnnotation(FormerName.class);
      return new Part(
          component.getName(),
          former == null ? null : former.value(),
          component.getGenericType(),
          component.getAnnotatedType().isAnnotationPresent(Nullable.class),
          opened(component.getAccessor()));
    }

    /** The value that a record has for this key. */
    @Nullable Object of(Object record) {
      try {
        return accessor.invoke(record);
      } catch (InvocationTargetException e) {
        throw new InvalidSettings("cannot say its " + name + ": " + causeOf(e));
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }

    boolean optional() {
      return Types.raw(type) == Optional.class;
    }
  }
}
