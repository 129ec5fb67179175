package dev.counterpoint.tasks.table;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.Reader;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reader for JSON objects, one after another (JSON lines) or in arrays. The keys of all objects are
 * the columns.
 */
final class JsonTable implements Table {
  private static final String EXPECTED =
      "Each row must be an object with a text or number for each column, such as {\"text\":"
          + " \"good\", \"label\": \"pos\"}; the rows follow one another or are in one array.";

  private final SourceFile file;
  private final JsonParser parser;
  private final List<String> columns;
  private boolean inArray;
  private @Nullable Row buffered;

  /**
   * @param columns the keys of all objects, as {@link #keys} returns them
   */
  JsonTable(SourceFile file, Reader reader, List<String> columns) throws IOException {
    this.file = file;
    this.columns = columns;
    parser = Json.forData().build().createParser(reader);
    JsonRow first = read();
    if (first != null) {
      if (first.object().valueStream().allMatch(JsonNode::isContainerNode)) {
        throw new InvalidSettings(
            ("%s is not a list of rows: its first object has lists or objects for all its keys (%s)."
                    + " %s Programs that write columns by default have an option for rows, such as"
                    + " to_json(path, orient=\"records\", lines=True) of pandas.")
                .formatted(file.name(), Excerpt.ofList(columns), EXPECTED));
      }
    }
    buffered = first;
  }

  /**
   * The keys of all objects in the order of their first appearance: a row may lack keys whose value
   * is missing. The keys before a malformed row are returned, which reading the row reports.
   */
  static List<String> keys(Reader reader) throws IOException {
    Set<String> keys = new LinkedHashSet<>();
    try (JsonParser parser = Json.forData().build().createParser(reader)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.FIELD_NAME) {
          keys.add(parser.currentName());
          parser.nextToken();
          parser.skipChildren();
        }
      }
    } catch (JacksonException e) {
      // Reading the row reports it.
    }
    return List.copyOf(keys);
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
      JsonToken token = parser.nextToken();
      while (token == (inArray ? JsonToken.END_ARRAY : JsonToken.START_ARRAY)) {
        inArray = !inArray;
        token = parser.nextToken();
      }
      if (token == null) {
        return null;
      }
      long line = parser.currentTokenLocation().getLineNr();
      JsonNode value = parser.readValueAsTree();
      if (!value.isObject()) {
        throw file.invalidLine(
            line, "is not a JSON object: " + Excerpt.of(value.toString()) + ". " + EXPECTED);
      }
      return new JsonRow(file, line, value);
    } catch (JacksonException e) {
      JsonLocation location = e.getLocation();
      throw file.invalidLine(
          location == null ? 1 : location.getLineNr(), "is not JSON: " + Json.problem(e));
    }
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private record JsonRow(SourceFile file, long line, JsonNode object) implements Row {
    @Override
    public @Nullable String find(String column) {
      JsonNode value = object.path(column);
      return value.isNull() || value.isMissingNode() ? null : get(column);
    }

    @Override
    public @Nullable List<String> list(String column) {
      JsonNode value = object.path(column);
      return value.isArray() && value.valueStream().allMatch(JsonNode::isValueNode)
          ? value.valueStream().map(JsonNode::asText).toList()
          : null;
    }

    @Override
    public String get(String column) {
      JsonNode value = object.path(column);
      if (!value.isValueNode() || value.isNull()) {
        throw file.invalidLine(
            line,
            "has no text or number in \"%s\": %s. %s"
                .formatted(Excerpt.ofItem(column), Excerpt.of(object.toString()), EXPECTED));
      }
      if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue())) {
        throw file.invalidLine(
            line,
            "has %s in \"%s\", which is neither a text nor a JSON number."
                .formatted(value.asText(), Excerpt.ofItem(column)));
      }
      String text = value.asText();
      if (Surrogates.areUnpairedIn(text)) {
        throw file.invalidLine(
            line,
            "has an unpaired surrogate in \"%s\", which is not a valid character."
                .formatted(Excerpt.ofItem(column)));
      }
      return text;
    }
  }
}
