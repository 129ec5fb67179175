package dev.counterpoint.serving.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A change of a registry.
 *
 * @param at the time, as ISO 8601 in UTC
 * @param by the user and the host that changed it
 * @param name the name of the model; empty if there is none
 * @param version the version that is added or removed, or to which the alias refers from now on;
 *     null if the alias is removed
 * @param artifact the SHA-256 of the content of a version that is added; else null
 * @param alias the alias that moves to the version, or is removed; null if none does
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RegistryEvent(
    Kind kind,
    String at,
    String by,
    String name,
    @Nullable Integer version,
    @Nullable String artifact,
    @Nullable String alias) {
  /** The kind of the change. */
  public enum Kind {
    /** The registry is created; the event has no name. */
    CREATE,
    ADD,
    REMOVE,
    ALIAS
  }
}
