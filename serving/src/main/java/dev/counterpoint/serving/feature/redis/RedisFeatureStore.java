package dev.counterpoint.serving.feature.redis;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureRow;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureWriter;
import dev.counterpoint.serving.feature.Features;
import dev.counterpoint.serving.feature.FeaturesUnavailable;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.StaticCredentialsProvider;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Features in Redis. Commands fail at once while there is no connection, and none waits longer than
 * the timeout; Lettuce connects again by itself.
 */
final class RedisFeatureStore implements FeatureStore, FeatureWriter {
  private static final String TIME = "time";

  /** The prefix of column fields, so that no column has the name of the time field. */
  private static final String COLUMN = "=";

  /** The format of times; its texts sort in the order of the times. */
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * Writes all rows, or none. The arguments of each row: its time, the number of its fields, and
   * names and values of the fields.
   */
  private static final String WRITE =
      """
      local at = 1
      for _, key in ipairs(KEYS) do
        local time, count = ARGV[at], tonumber(ARGV[at + 1])
        local before = redis.call('HGET', key, 'time')
        if not before or before <= time then
          redis.call('DEL', key)
          redis.call('HSET', key, 'time', time)
          for i = at + 2, at + 2 * count, 2 do
            redis.call('HSET', key, ARGV[i], ARGV[i + 1])
          end
        end
        at = at + 2 + 2 * count
      end
      return #KEYS
      """;

  /** The timeout of writing a batch. */
  private static final Duration LONG = Duration.ofMinutes(1);

  private final RedisStore settings;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> lookups;

  RedisFeatureStore(RedisStore settings) {
    this.settings = settings;
    RedisURI uri = uri(timeout());
    client = RedisClient.create();
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(settings.queue())
            .timeoutOptions(TimeoutOptions.enabled())
            .socketOptions(SocketOptions.builder().connectTimeout(timeout()).build())
            .build());
    try {
      lookups = client.connect(uri);
    } catch (RedisException e) {
      close();
      throw FeaturesUnavailable.of(settings.url(), cause(e));
    }
  }

  private static Throwable cause(RedisException e) {
    return e.getCause() == null ? e : e.getCause();
  }

  private Duration timeout() {
    return Duration.ofMillis(settings.timeoutMillis());
  }

  private RedisURI uri(Duration timeout) {
    RedisURI uri;
    try {
      uri = RedisURI.create(settings.url());
    } catch (IllegalArgumentException e) {
      throw new InvalidSettings("%s is not the URL of a Redis server.", settings.url());
    }
    uri.setTimeout(timeout);
    String password = settings.password();
    if (password != null) {
      uri.setCredentialsProvider(
          new StaticCredentialsProvider(settings.user(), password.toCharArray()));
    }
    return uri;
  }

  private String key(String view, EntityKey key) {
    return settings.prefix() + ":" + view + ":" + key.value();
  }

  @Override
  public CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view) {
    List<CompletableFuture<Map<String, String>>> answers = new ArrayList<>();
    try {
      for (EntityKey key : keys) {
        answers.add(lookups.async().hgetall(key(view.name(), key)).toCompletableFuture());
      }
    } catch (RedisException e) { // The queue is full.
      return CompletableFuture.failedFuture(FeaturesUnavailable.of(settings.url(), e));
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(all -> features(keys, answers))
        .exceptionally(
            failure -> {
              throw FeaturesUnavailable.of(settings.url(), failure);
            });
  }

  private static Features features(
      List<EntityKey> keys, List<CompletableFuture<Map<String, String>>> answers) {
    Map<EntityKey, FeatureRow> rows = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      Map<String, String> fields = answers.get(i).join();
      String time = fields.get(TIME);
      if (time != null) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        fields.forEach(
            (name, json) -> {
              if (name.startsWith(COLUMN)) {
                values.put(name.substring(COLUMN.length()), Json.parse(json, JsonNode.class));
              }
            });
        rows.put(keys.get(i), new FeatureRow(keys.get(i), Instant.parse(time), values));
      }
    }
    return new Features(rows);
  }

  @Override
  public void write(String view, List<FeatureRow> rows) {
    List<String> keys = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    Instant now = Instant.now();
    for (FeatureRow row : rows) {
      if (row.time().isAfter(now)) { // It would be served at once, and hide later rows.
        throw new InvalidSettings(
            "The time %s of %s is in the future; Redis has only the newest features.",
            row.time(), Excerpt.ofItem(row.key().value()));
      }
      keys.add(key(view, row.key()));
      arguments.add(ISO.format(row.time()));
      arguments.add(Integer.toString(row.values().size()));
      row.values()
          .forEach(
              (name, value) -> {
                arguments.add(COLUMN + name);
                arguments.add(value.toString());
              });
    }
    try (StatefulRedisConnection<String, String> connection = client.connect(uri(LONG))) {
      connection
          .sync()
          .<Long>eval(
              WRITE,
              ScriptOutputType.INTEGER,
              keys.toArray(String[]::new),
              arguments.toArray(String[]::new));
    } catch (RedisException e) {
      throw FeaturesUnavailable.of(settings.url(), cause(e));
    }
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
