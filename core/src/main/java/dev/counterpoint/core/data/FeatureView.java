package dev.counterpoint.core.data;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.RecordCopy;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Columns that a table model reads from a feature store if a request does not contain them.
 *
 * @param name the name of the features in the store: letters, digits, dots, hyphens, underscores
 * @param key the column with the key of the entity, which is not an input of the model unless its
 *     type is set
 * @param columns the columns that the store has; empty for all columns of the features
 * @param maxAge features of an older event are stale; null if none are
 * @param allowStaleUpTo stale features are used up to this age, and reported as stale
 * @param missing what happens to an input if the store has no value for it
 * @param stale what happens to an input if its features are too old
 * @param unreachable what happens to an input if the store does not answer in time; {@code cached}
 *     uses the features of an earlier request, up to {@code maxAge} or {@code allowStaleUpTo}
 * @param defaultValues the values of columns for the policy {@code default}; a column without one
 *     has a missing value
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record FeatureView(
    String name,
    String key,
    List<String> columns,
    @JsonSerialize(using = ToStringSerializer.class) @JsonDeserialize(using = IsoDuration.class)
        @Nullable Duration maxAge,
    @JsonSerialize(using = ToStringSerializer.class) @JsonDeserialize(using = IsoDuration.class)
        @Nullable Duration allowStaleUpTo,
    Policy missing,
    Policy stale,
    Policy unreachable,
    Map<String, String> defaultValues) {
  /** What happens to an input without usable features. */
  public enum Policy {
    /** The request fails. */
    @JsonProperty("fail")
    FAIL,
    /** The input gets the default values. */
    @JsonProperty("default")
    DEFAULT,
    /**
     * The input gets the features that this process last read, if they are not too old; otherwise
     * the request fails.
     */
    @JsonProperty("cached")
    CACHED
  }

  /** The form of the name of a view. */
  public static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  public FeatureView {
    columns = List.copyOf(columns);
    defaultValues = Collections.unmodifiableMap(new TreeMap<>(defaultValues)); // reproducible
    Checks checks =
        new Checks()
            .distinct("columns", columns)
            .that(
                columns.containsAll(defaultValues.keySet()),
                "defaultValues",
                defaultValues,
                "must be values of columns")
            .that(
                allowStaleUpTo == null || (maxAge != null && allowStaleUpTo.compareTo(maxAge) > 0),
                "allowStaleUpTo",
                String.valueOf(allowStaleUpTo),
                "must be greater than maxAge")
            .that(missing != Policy.CACHED, "missing", "cached", "must be fail or default")
            .that(stale != Policy.CACHED, "stale", "cached", "must be fail or default");
    if (name != null) { // It is null in defaults().
      checks
          .that(name.matches(NAME), "name", '"' + Excerpt.ofItem(name) + '"', "must match " + NAME)
          .that(!columns.contains(key), "columns", columns, "must not contain the key");
    }
    checks.verify();
  }

  /** The defaults of optional settings: every policy is {@code fail}. */
  public static FeatureView defaults() {
    return RecordCopy.of(
        FeatureView.class,
        Map.of(
            "columns",
            List.of(),
            "missing",
            Policy.FAIL,
            "stale",
            Policy.FAIL,
            "unreachable",
            Policy.FAIL,
            "defaultValues",
            Map.of()));
  }

  /** A view whose policies are {@code fail}, without a maximum age. */
  public static FeatureView of(String name, String key, List<String> columns) {
    return RecordCopy.with(defaults(), Map.of("name", name, "key", key, "columns", columns));
  }

  /** Parses an ISO 8601 duration, such as {@code PT24H}. */
  static final class IsoDuration extends FromStringDeserializer<Duration> {
    private static final long serialVersionUID = 1L;

    IsoDuration() {
      super(Duration.class);
    }

    @Override
    protected Duration _deserialize(String text, DeserializationContext context) {
      return Duration.parse(text);
    }
  }
}
