package dev.counterpoint.runner.rendezvous;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What ranks and tracker must both know. It is never sent, and never printed. */
public final class Secret {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int RANDOM_BYTES = 32;

  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  /** A secret that was agreed on; an empty text is none. */
  public static Secret of(String text) {
    return new Secret(text);
  }

  /** For processes that one launcher starts. */
  public static Secret random() {
    return new Secret(HexFormat.of().formatHex(randomBytes(RANDOM_BYTES)));
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return text.isEmpty();
  }

  /** For the environment of a process that is to know it, and for nothing else. */
  public String reveal() {
    return text;
  }

  /** HMAC-SHA256 of some bytes under this secret: 32 bytes. */
  byte[] sign(byte[]... parts) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      // A key may not be empty, so that even none is one.
      mac.init(
          new SecretKeySpec(("counterpoint:" + text).getBytes(StandardCharsets.UTF_8), ALGORITHM));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every Java has it.
    }
  }

  static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return isEmpty() ? "no secret" : "a secret";
  }
}
