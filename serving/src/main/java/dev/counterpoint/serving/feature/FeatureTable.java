package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.table.Timestamps;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table with an entity and a time in each row: events with features, or labels.
 *
 * @param view the name of the features
 * @param entity the column with the key of the entity
 * @param time the column with the time, of ISO 8601; without an offset it is in UTC
 */
public record FeatureTable(TableSource source, String view, String entity, String time) {
  /** The number of rows that are written or looked up at once. */
  private static final int BATCH = 1_000;

  /** Receives consecutive rows; a missing value is null. */
  @FunctionalInterface
  public interface RowsHandler {
    void rows(List<Map<String, @Nullable Object>> rows) throws IOException;
  }

  private interface RowHandler {
    void row(Moment moment, Table.Row row) throws IOException;
  }

  public FeatureTable {
    if (!view.matches(FeatureView.NAME)) {
      throw new InvalidSettings(
          "The name of features \"%s\" must match %s.", Excerpt.ofItem(view), FeatureView.NAME);
    }
  }

  /**
   * Adds all rows to a store, after all of them have been checked. The values are those of the
   * other columns. If it fails, what has been written stays, and another call completes it.
   *
   * @return the number of rows
   * @throws InvalidSettings if a row has no key or no time, or there are no rows
   * @throws FeaturesUnavailable if the store cannot be written
   */
  public long load(FeatureWriter writer) throws IOException {
    List<String> columns =
        columns().stream().filter(it -> !it.equals(entity) && !it.equals(time)).toList();
    if (columns.isEmpty()) {
      throw new InvalidSettings("%s has no columns with features.", source.name());
    }
    read((moment, row) -> {});
    List<FeatureRow> batch = new ArrayList<>();
    long count =
        read(
            (moment, row) -> {
              Map<String, JsonNode> values = new LinkedHashMap<>();
              columns.forEach(it -> values.put(it, FeatureRow.value(row.find(it))));
              batch.add(new FeatureRow(moment.key(), moment.time(), values));
              if (batch.size() == BATCH) {
                writer.write(view, batch);
                batch.clear();
              }
            });
    if (!batch.isEmpty()) {
      writer.write(view, batch);
    }
    return count;
  }

  /**
   * Adds to each row the features that were known at its time: those of the newest event at or
   * before it. They are missing if there was none.
   *
   * @return the number of rows
   * @throws InvalidSettings if there are no such features, a column is in both, or a row has no key
   *     or no time
   * @throws FeaturesUnavailable if the store cannot be read
   */
  public long join(FeatureHistory history, RowsHandler handler) throws IOException {
    List<String> labels = columns();
    List<String> features = history.columns(view);
    if (features.isEmpty()) {
      List<String> views = history.views();
      throw new InvalidSettings(
          "The store has no features \"%s\"%s It has: %s.",
          view, Nearest.suggestion(view, views), views.isEmpty() ? "none" : Excerpt.ofList(views));
    }
    List<String> both = features.stream().filter(labels::contains).toList();
    if (!both.isEmpty()) {
      throw new InvalidSettings(
          "%s and the features %s both have columns named %s.",
          source.name(), view, Excerpt.ofList(both));
    }
    read((moment, row) -> {});
    List<Moment> moments = new ArrayList<>();
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    long count =
        read(
            (moment, row) -> {
              Map<String, @Nullable Object> values = new LinkedHashMap<>();
              labels.forEach(it -> values.put(it, row.find(it)));
              moments.add(moment);
              rows.add(values);
              if (rows.size() == BATCH) {
                join(history, features, moments, rows);
                handler.rows(rows);
                moments.clear();
                rows.clear();
              }
            });
    if (!rows.isEmpty()) {
      join(history, features, moments, rows);
      handler.rows(rows);
    }
    return count;
  }

  private void join(
      FeatureHistory history,
      List<String> features,
      List<Moment> moments,
      List<Map<String, @Nullable Object>> rows) {
    List<Optional<FeatureRow>> found = history.at(view, moments);
    for (int i = 0; i < rows.size(); i++) {
      Map<String, JsonNode> values = found.get(i).map(FeatureRow::values).orElseGet(Map::of);
      for (String feature : features) {
        JsonNode value = values.get(feature);
        rows.get(i).put(feature, value == null || value.isNull() ? null : value.asText());
      }
    }
  }

  private List<String> columns() throws IOException {
    return source.read(
        table -> {
          source.requireColumn(entity, table.columns());
          source.requireColumn(time, table.columns());
          return table.columns();
        });
  }

  private long read(RowHandler handler) throws IOException {
    long rows =
        source.read(
            table -> {
              long count = 0;
              for (Table.Row row = table.next(); row != null; row = table.next()) {
                handler.row(moment(row), row);
                count++;
              }
              return count;
            });
    if (rows == 0) {
      throw new InvalidSettings("%s has no rows.", source.name());
    }
    return rows;
  }

  private Moment moment(Table.Row row) {
    String key = row.find(entity);
    if (key == null || key.isBlank()) {
      throw source.invalidLine(row.line(), "has no key in the column \"" + entity + "\".");
    }
    EntityKey entityKey;
    try {
      entityKey = new EntityKey(key.strip());
    } catch (InvalidSettings e) {
      throw source.invalidLine(row.line(), "has an invalid key: " + e.getMessage());
    }
    return new Moment(entityKey, time(row));
  }

  private Instant time(Table.Row row) {
    String text = Objects.requireNonNullElse(row.find(time), "").strip();
    LocalDateTime parsed = Timestamps.parse(text);
    if (parsed == null) {
      throw source.invalidLine(
          row.line(),
          "has \"%s\" in the column \"%s\"; it must be a time such as 2026-01-31T08:15:30Z."
              .formatted(Excerpt.ofItem(text), time));
    }
    return parsed.toInstant(ZoneOffset.UTC);
  }
}
