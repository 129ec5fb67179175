package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.inference.internal.config.RecordShape.Part;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Converts settings records to a JSON tree, the inverse of binding. */
record TreeWriter(Contracts contracts) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  ObjectNode write(Object record) {
    return record(record, contracts.implementedBy(record), null);
  }

  /**
   * Converts a record.
   *
   * @param catalog the catalog of the component's contract, for which {@code type} is written; null
   *     if the component's type is the record class itself
   * @param enclosing the value in the enclosing record's defaults, which the binder will use for
   *     absent keys
   */
  private ObjectNode record(
      Object record, @Nullable Catalog<?> catalog, @Nullable Object enclosing) {
    RecordShape shape = RecordShape.of(record.getClass());
    ObjectNode node = JSON.objectNode();
    if (catalog != null) {
      node.put("type", catalog.nameOf(record.getClass()));
    }
    Object base = shape.base(catalog == null ? enclosing : null);
    for (Part part : shape.parts()) {
      Object fallback = base == null ? null : content(part.of(base));
      Object value = content(part.of(record));
      if (value != null) {
        node.set(part.name(), value(contentType(part), value, fallback));
      } else if (fallback != null) {
        node.putNull(part.name());
      }
    }
    return node;
  }

  private static @Nullable Object content(@Nullable Object value) {
    return value instanceof Optional<?> optional ? optional.orElse(null) : value;
  }

  private static Type contentType(Part part) {
    return part.optional() ? Types.argument(part.type(), 0) : part.type();
  }

  private JsonNode value(Type type, Object value, @Nullable Object fallback) {
    if (value instanceof Record) {
      return record(value, contracts.of(Types.raw(type)), fallback);
    }
    if (value instanceof List<?> entries) {
      ArrayNode node = JSON.arrayNode();
      Type entryType = Types.argument(type, 0);
      entries.forEach(entry -> node.add(value(entryType, entry, null)));
      return node;
    }
    if (value instanceof Map<?, ?> entries) {
      ObjectNode node = JSON.objectNode();
      Type valueType = Types.argument(type, 1);
      entries.forEach((key, entry) -> node.set(key.toString(), value(valueType, entry, null)));
      return node;
    }
    return scalar(value);
  }

  private static JsonNode scalar(Object value) {
    if (value instanceof Integer number) {
      return JSON.numberNode(number.intValue());
    }
    if (value instanceof Long number) {
      return JSON.numberNode(number.longValue());
    }
    if (value instanceof Double number) {
      return JSON.numberNode(number.doubleValue());
    }
    if (value instanceof Boolean bool) {
      return JSON.booleanNode(bool);
    }
    if (value instanceof Enum<?> constant) {
      return JSON.textNode(Scalars.name(constant));
    }
    if (value instanceof Duration duration) {
      return JSON.textNode(Scalars.text(duration));
    }
    if (value instanceof String text) {
      return JSON.textNode(text);
    }
    throw new IllegalArgumentException(
        "A run file cannot represent the value " + value + " of " + value.getClass() + ".");
  }
}
