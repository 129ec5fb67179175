package dev.counterpoint.core.model;

import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;
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
 * Traverses the layer tree by reflection over fields, superclass fields first, in declaration
 * order. The reference of an inner class to its enclosing layer is ignored.
 */
final class LayerFields {
  private static final String ENCLOSING = "this$";

  private final BiConsumer<String, Parameter> parameters;
  private final BiConsumer<String, Layer> layers;

  /** The ancestors of the layer being visited, with their paths. */
  private final IdentityHashMap<Layer, String> ancestors = new IdentityHashMap<>();

  private LayerFields(BiConsumer<String, Parameter> parameters, BiConsumer<String, Layer> layers) {
    this.parameters = parameters;
    this.layers = layers;
  }

  /**
   * Visits all parameters of a layer and of the layers below it, with their paths.
   *
   * @throws InvalidSettings if a layer contains itself
   */
  static void visitParameters(Layer layer, BiConsumer<String, Parameter> parameters) {
    new LayerFields(parameters, (path, each) -> {}).visit(layer, "");
  }

  /**
   * Visits a layer and all layers below it, with their paths.
   *
   * @throws InvalidSettings if a layer contains itself
   */
  static void visitLayers(Layer layer, BiConsumer<String, Layer> layers) {
    new LayerFields((path, parameter) -> {}, layers).visit(layer, "");
  }

  private void visit(Layer layer, String path) {
    String firstPath = ancestors.put(layer, path);
    if (firstPath != null) {
      throw new InvalidSettings(
          "%s at \"%s\" contains itself at \"%s\"; the layers of a model must form a tree.",
          layer.getClass().getName(), firstPath, path);
    }
    layers.accept(path, layer);
    for (Field field : fieldsOf(layer.getClass())) {
      Name name = field.getAnnotation(Name.class);
      visitValue(read(field, layer), join(path, name == null ? field.getName() : name.value()));
    }
    ancestors.remove(layer);
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
      map.forEach((key, element) -> visitValue(element, join(path, String.valueOf(key))));
    }
  }

  private static Iterable<Field> fieldsOf(Class<?> type) {
    Deque<Field> fields = new ArrayDeque<>();
    for (Class<?> current = type;
        current != Layer.class && current != null;
        current = current.getSuperclass()) {
      Field[] declared = current.getDeclaredFields();
      for (int i = declared.length - 1; i >= 0; i--) {
        if (mayHoldLayers(declared[i])) {
          fields.addFirst(declared[i]);
        }
      }
    }
    return fields;
  }

  private static boolean mayHoldLayers(Field field) {
    Class<?> type = field.getType();
    boolean primitiveArray = type.isArray() && type.getComponentType().isPrimitive();
    boolean enclosing = field.isSynthetic() && field.getName().startsWith(ENCLOSING);
    boolean isChild = !Modifier.isStatic(field.getModifiers()) && !enclosing;
    return isChild && !type.isPrimitive() && !primitiveArray && type != String.class;
  }

  private static @Nullable Object read(Field field, Layer layer) {
    try {
      field.setAccessible(true);
      return field.get(layer);
    } catch (InaccessibleObjectException | IllegalAccessException e) {
      throw new IllegalStateException(
          Formats.of(
              "Cannot read the field %s.%s; if its package is in a named module, open the package"
                  + " to Counterpoint.",
              layer.getClass().getName(), field.getName()),
          e);
    }
  }

  private static String join(String... parts) {
    return String.join(".", Arrays.stream(parts).filter(element -> !element.isEmpty()).toList());
  }
}
