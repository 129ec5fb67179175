package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reflective view of a settings record: its keys, its defaults, and its constructor. */
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
   * @throws InvalidSettings if a class that it refers to is missing
   */
  static RecordShape of(Class<?> type) {
    try {
      return new RecordShape(type);
    } catch (LinkageError | TypeNotPresentException e) {
      throw new InvalidSettings("requires a class that was not found: " + e.getMessage());
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

  /** Makes a member accessible: a public record can be nested in a class that is not public. */
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
   * The record that supplies the values of absent keys: the value in the enclosing record's
   * defaults if it is of this class, otherwise {@code defaults()}; null if the class has no such
   * method.
   *
   * @throws InvalidSettings if {@code defaults()} throws
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
      throw new InvalidSettings("has a defaults() method that throws " + causeOf(e));
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Creates a record.
   *
   * @throws InvalidSettings if the constructor rejects the values or fails
   */
  Object create(@Nullable Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw rejection(e);
    } catch (LinkageError e) {
      throw new InvalidSettings("cannot be created: " + e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InvalidSettings rejection(InvocationTargetException thrown) {
    Throwable cause = causeOf(thrown);
    if (cause instanceof InvalidSettings invalid) {
      return invalid;
    }
    if (cause instanceof IllegalArgumentException invalid && invalid.getMessage() != null) {
      return new InvalidSettings("is invalid: " + invalid.getMessage());
    }
    return new InvalidSettings("cannot be created: " + cause);
  }

  /** The exception thrown by the record's code; a VirtualMachineError is rethrown instead. */
  private static Throwable causeOf(InvocationTargetException thrown) {
    Throwable cause = thrown.getCause();
    if (cause instanceof VirtualMachineError failure) {
      throw failure;
    }
    return cause == null ? thrown : cause;
  }

  /**
   * One key, declared by a record component.
   *
   * @param formerName the deprecated name of the key; null if it was never renamed
   * @param nullable whether the key may be absent without a default
   */
  record Part(
      String name, @Nullable String formerName, JavaType type, boolean nullable, Method accessor) {
    static Part of(RecordComponent component) {
      FormerName former = component.getAnnotation(FormerName.class);
      return new Part(
          component.getName(),
          former == null ? null : former.value(),
          TypeFactory.defaultInstance().constructType(component.getGenericType()),
          component.getAnnotatedType().isAnnotationPresent(Nullable.class),
          opened(component.getAccessor()));
    }

    /** The value of this key in a record. */
    @Nullable Object of(Object record) {
      try {
        return accessor.invoke(record);
      } catch (InvocationTargetException e) {
        throw new InvalidSettings("has an accessor " + name + "() that throws " + causeOf(e));
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }

    boolean optional() {
      return type.hasRawClass(Optional.class);
    }

    /** The type of this key, without the {@code Optional} of an optional one. */
    JavaType contentType() {
      return optional() ? type.containedTypeOrUnknown(0) : type;
    }
  }
}
