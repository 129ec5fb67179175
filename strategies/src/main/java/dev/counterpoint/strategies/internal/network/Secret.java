package dev.counterpoint.strategies.internal.network;

import java.io.IOException;
import java.io.Serializable;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The secret that the processes of a run share. It is neither sent nor printed. Connections are
 * encrypted if {@link #withTls} was called on both sides.
 */
public final class Secret implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String ALGORITHM = "HmacSHA256";
  private static final int RANDOM_BYTES = 32;

  private final String text;
  private final transient @Nullable Tls tls;

  private Secret(String text, @Nullable Tls tls) {
    this.text = text;
    this.tls = tls;
  }

  /** A secret with the given text; an empty text means that there is none. */
  public static Secret of(String text) {
    return new Secret(text, null);
  }

  /** A new secret of 32 random bytes. */
  public static Secret random() {
    return of(HexFormat.of().formatHex(randomBytes(RANDOM_BYTES)));
  }

  /**
   * This secret for connections with TLS, if the environment names a key store.
   *
   * @throws IllegalArgumentException if the key store cannot be used, with the reason
   */
  public Secret withTls(Map<String, String> environment) {
    return new Secret(text, Tls.of(environment));
  }

  /** The encrypted form of a connected socket; the socket itself without TLS. */
  Socket secured(Socket socket, boolean client) throws IOException {
    return tls == null ? socket : tls.secured(socket, client);
  }

  /** Whether there is no secret. */
  public boolean isEmpty() {
    return text.isEmpty();
  }

  /** The text of the secret, for the environment of a child process and nothing else. */
  public String reveal() {
    return text;
  }

  /** The HMAC-SHA256 of the concatenated parts under this secret, 32 bytes. */
  byte[] hmac(byte[]... parts) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      // The prefix makes an empty secret a valid key.
      mac.init(
          new SecretKeySpec(("counterpoint:" + text).getBytes(StandardCharsets.UTF_8), ALGORITHM));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every JDK has this algorithm.
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
