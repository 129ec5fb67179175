package dev.counterpoint.serving.feature.redis;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest features in Redis: one hash per entity, with a field per column. It has no features of
 * earlier times, so it cannot be joined with labels.
 *
 * @param url {@code redis://HOST:PORT/DATABASE}, or {@code rediss} for TLS; without a password
 * @param user the user; null for the default user
 * @param password the password; null if there is none
 * @param prefix begins all keys
 * @param timeoutMillis the time after which a lookup fails
 * @param queue the maximum number of commands that wait for an answer
 */
public record RedisStore(
    String url,
    @Nullable String user,
    @Nullable String password,
    String prefix,
    int timeoutMillis,
    int queue)
    implements FeatureStoreConfig {
  public RedisStore {
    Checks checks =
        new Checks()
            .within("timeoutMillis", timeoutMillis, 1, 60_000)
            .positive("queue", queue)
            .that(user == null || password != null, "user", "***", "needs a password");
    if (url != null) { // It is null in defaults().
      checks.that(
          url.matches("rediss?://[^@]+"),
          "url",
          "***",
          "must be redis://HOST:PORT or rediss://HOST:PORT; user and password are settings of their"
              + " own");
    }
    checks.verify();
  }

  /** Prefix {@code features}, timeout 500 ms, 16,384 commands; the URL has no default. */
  public static RedisStore defaults() {
    return RecordCopy.of(
        RedisStore.class, Map.of("prefix", "features", "timeoutMillis", 500, "queue", 16_384));
  }

  @Override
  public FeatureStore open(Path folder) {
    return new RedisFeatureStore(this);
  }

  @Override
  public String toString() {
    return "RedisStore " + url;
  }
}
