package dev.counterpoint.serving;

import dev.counterpoint.core.settings.InvalidSettings;

/** Thrown if another change of the registry came first; nothing was changed. */
public final class RegistryConflict extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RegistryConflict(String message) {
    super(message, new InvalidSettings(message)); // Commands report it as an invalid request.
  }
}
