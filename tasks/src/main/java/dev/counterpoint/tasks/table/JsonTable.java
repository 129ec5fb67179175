package dev.counterpoint.tasks.table;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reader for JSON objects, one after another (JSON lines) or in one array. The keys of the first
 * object are the columns.
 */
final class JsonTable implements Table {
  private final SourceFile file;
  private final MappingIterator<JsonNode> objects;
  private final List<String> columns = new ArrayList<>();
  private @Nullable Row buffered;

  JsonTable(SourceFile file, Reader reader) throws IOException {
    this.file = file;
    objects = new ObjectMapper().readerFor(JsonNode.class).readValues(reader);
    JsonRow first = read();
    if (first != null) {
      first.object().fieldNames().forEachRemaining(columns::add);
    }
    buffered = first;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public @Nullable Row next() throws IOException {
    Row row = buffered;
    buffered = null;
    return row != null ? row : read();
  }

  private @Nullable JsonRow read() throws IOException {
    try {
      if (!objects.hasNextValue()) {
        return null;
      }
      long line = objects.getParser().currentTokenLocation().getLineNr();
      JsonNode value = objects.nextValue();
      if (!value.isObject()) {
        throw file.invalidLine(line, "is not a JSON object: " + value);
      }
      return new JsonRow(file, line, value);
    } catch (JacksonException e) {
      JsonLocation location = e.getLocation();
      throw file.invalidLine(
          location == null ? 1 : location.getLineNr(), "is not JSON: " + e.getOriginalMessage());
    }
  }

  @Override
  public void close() throws IOException {
    objects.close();
  }

  private record JsonRow(SourceFile file, long line, JsonNode object) implements Row {
    @Override
    public String get(String column) {
      JsonNode value = object.path(column);
      if (!value.isValueNode() || value.isNull()) {
        throw file.invalidLine(line, "has no text or number in \"" + column + "\": " + object);
      }
      String text = value.asText();
      if (Surrogates.areUnpairedIn(text)) {
        throw file.invalidLine(
            line,
            "has an unpaired surrogate in \"" + column + "\", which is not a valid character.");
      }
      return text;
    }
  }
}
