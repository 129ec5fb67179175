package dev.counterpoint.core.model;

import dev.counterpoint.core.parameter.Parameter;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tree of a layer through its fields, the superclass's first, in the order of
 * declaration.
 */
final class LayerFields {
  private LayerFields() {}

  static void visit(
      Layer layer,
      String path,
      BiConsumer<String, Parameter> parameters,
      BiConsumer<String, Layer> layers) {
    layers.accept(path, layer);
    for (Field field : fieldsOf(layer.getClass())) {
      Name name = field.getAnnotation(Name.class);
      visitValue(
          read(field, layer),
          join(path, name == null ? field.getName() : name.value()),
          parameters,
          layers);
    }
  }

  private static void visitValue(
      @Nullable Object value,
      String path,
      BiConsumer<String, Parameter> parameters,
      BiConsumer<String, Layer> layers) {
    if (value instanceof Parameter parameter) {
      parameters.accept(path, parameter);
    } else if (value instanceof Layer child) {
      visit(child, path, parameters, layers);
    } else if (value instanceof Object[] array) {
      visitValue(Arrays.asList(array), path, parameters, layers);
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        visitValue(list.get(i), join(path, Integer.toString(i)), parameters, layers);
      }
    } else if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, part) -> visitValue(part, join(path, String.valueOf(key)), parameters, layers));
    }
  }

  private static Iterable<Field> fieldsOf(Class<?> type) {
    Deque<Field> fields = new ArrayDeque<>();
    for (Class<?> at = type; at != Layer.class && at != null; at = at.getSuperclass()) {
      Field[] own = at.getDeclaredFields();
      for (int i = own.length - 1; i >= 0; i--) {
        if (!Modifier.isStatic(own[i].getModifiers()) && mayHoldLayers(own[i].getType())) {
          fields.addFirst(own[i]);
        }
      }
    }
    return fields;
  }

  private static boolean mayHoldLayers(Class<?> type) {
    boolean numbers = type.isArray() && type.getComponentType().isPrimitive();
    return !type.isPrimitive() && !numbers && type != String.class;
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
