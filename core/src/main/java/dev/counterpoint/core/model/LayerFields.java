package dev.counterpoint.core.model;

import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tree of a layer through its fields, the superclass's first, in the order of
 * declaration. That an inner class knows the layer it is written in is none of its fields.
 */
final class LayerFields {
  private static final String ENCLOSING = "this$";

  private final BiConsumer<String, Parameter> parameters;
  private final BiConsumer<String, Layer> layers;

  /** The layers above the one that is visited, with their paths. */
  private final IdentityHashMap<Layer, String> above = new IdentityHashMap<>();

  private LayerFields(BiConsumer<String, Parameter> parameters, BiConsumer<String, Layer> layers) {
    this.parameters = parameters;
    this.layers = layers;
  }

  /**
   * Visits a layer and all below it.
   *
   * @throws InvalidSettings where one has itself below it
   */
  static void visit(
      Layer layer,
      String path,
      BiConsumer<String, Parameter> parameters,
      BiConsumer<String, Layer> layers) {
    new LayerFields(parameters, layers).visit(layer, path);
  }

  private void visit(Layer layer, String path) {
    String before = above.put(layer, path);
    if (before != null) {
      throw new InvalidSettings(
          layer.getClass().getName()
              + " at \""
              + before
              + "\" is a part of itself, by \""
              + path
              + "\"; the layers of a model must be a tree.");
    }
    layers.accept(path, layer);
    for (Field field : fieldsOf(layer.getClass())) {
      Name name = field.getAnnotation(Name.class);
      visitValue(read(field, layer), join(path, name == null ? field.getName() : name.value()));
    }
    above.remove(layer);
  }

  private void visitValue(@Nullable Object value, String path) {
    if (value instanceof Parameter parameter) {
      parameters.accept(path, parameter);
    } else if (value instanceof Layer child) {
      visit(child, path);
    } else if (value instanceof Object[] array) {
      visitValue(Arrays.asList(array), path);
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        visitValue(list.get(i), join(path, Integer.toString(i)));
      }
    } else if (value instanceof Map<?, ?> map) {
      map.forEach((key, part) -> visitValue(part, join(path, String.valueOf(key))));
    }
  }

  private static Iterable<Field> fieldsOf(Class<?> type) {
    Deque<Field> fields = new ArrayDeque<>();
    for (Class<?> at = type; at != Layer.class && at != null; at = at.getSuperclass()) {
      Field[] own = at.getDeclaredFields();
      for (int i = own.length - 1; i >= 0; i--) {
        if (mayHoldLayers(own[i])) {
          fields.addFirst(own[i]);
        }
      }
    }
    return fields;
  }

  private static boolean mayHoldLayers(Field field) {
    Class<?> type = field.getType();
    boolean numbers = type.isArray() && type.getComponentType().isPrimitive();
    boolean enclosing = field.isSynthetic() && field.getName().startsWith(ENCLOSING);
    boolean own = !Modifier.isStatic(field.getModifiers()) && !enclosing;
    return own && !type.isPrimitive() && !numbers && type != String.class;
  }

  private static @Nullable Object read(Field field, Layer layer) {
    try {
      field.setAccessible(true);
      return field.get(layer);
    } catch (InaccessibleObjectException | IllegalAccessException e) {
      throw new IllegalStateException(
          "Cannot look into "
              + layer.getClass().getName()
              + "."
              + field.getName()
              + "; a named module must open its package to Counterpoint.",
          e);
    }
  }

  private static String join(String... parts) {
    return String.join(".", Arrays.stream(parts).filter(part -> !part.isEmpty()).toList());
  }
}
