package dev.counterpoint.serving.http;

import dev.counterpoint.core.settings.Checks;
import java.util.HexFormat;
import java.util.List;

/**
 * The permissions of the bearer of a token. The token itself is not stored.
 *
 * @param sha256 the SHA-256 of the token, 64 hexadecimal digits. A token must be random, of at
 *     least 128 bits: a hash does not protect a password that can be guessed.
 * @param scopes what the token permits
 */
public record AccessToken(String sha256, List<Scope> scopes) {
  /** A permission. */
  public enum Scope {
    /** To request predictions and the metadata of models. */
    INFER,
    /** To load and unload models and to move aliases. */
    ADMIN,
    /** To read metrics. */
    METRICS
  }

  public AccessToken {
    scopes = List.copyOf(scopes);
    new Checks()
        .that(
            sha256.matches("[0-9a-fA-F]{64}"),
            "sha256",
            "not valid",
            "must be the 64 hexadecimal digits of the SHA-256 of a token")
        .that(
            !scopes.isEmpty(), "scopes", scopes, "must have at least one of infer, admin, metrics")
        .verify();
  }

  byte[] hash() {
    return HexFormat.of().parseHex(sha256);
  }
}
