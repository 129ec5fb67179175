package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.inference.internal.config.RecordShape.Part;
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
        node.set(part.name(), value(part.contentType(), value, fallback));
      } else if (fallback != null) {
        node.putNull(part.name());
      }
    }
    return node;
  }

  private static @Nullable Object content(@Nullable Object value) {
    return value instanceof Optional<?> optional ? optional.orElse(null) : value;
  }

  private JsonNode value(JavaType type, Object value, @Nullable Object fallback) {
    if (value instanceof Record) {
      return record(value, contracts.of(type.getRawClass()), fallback);
    }
    if (value instanceof List<?> entries) {
      ArrayNode node = JSON.arrayNode();
      JavaType entryType = type.containedTypeOrUnknown(0);
      entries.forEach(entry -> node.add(value(entryType, entry, null)));
      return node;
    }
    if (value instanceof Map<?, ?> entries) {
      ObjectNode node = JSON.objectNode();
      JavaType valueType = type.containedTypeOrUnknown(1);
      entries.forEach((key, entry) -> node.set(key.toString(), value(valueType, entry, null)));
      return node;
    }
    return scalar(value);
  }

  private static JsonNode scalar(Object value) {
    if (value instanceof Enum<?> constant) {
      return JSON.textNode(Scalars.name(constant));
    }
    if (value instanceof Duration duration) {
      return JSON.textNode(Scalars.text(duration));
    }
    if (Scalars.kind(value.getClass()) == null) {
      throw new IllegalArgumentException(
          "A run file cannot represent the value " + value + " of " + value.getClass() + ".");
    }
    return Json.MAPPER.valueToTree(value);
  }
}
