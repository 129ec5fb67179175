package dev.counterpoint.core.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 digests. */
public final class Sha256 {
  private Sha256() {}

  /** A new SHA-256 digest; every Java platform provides it. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java platform does not provide SHA-256.", e);
    }
  }

  /** The hash of a file, in lower-case hexadecimal digits. */
  public static String of(Path file) throws IOException {
    MessageDigest digest = begin();
    try (InputStream in = Files.newInputStream(file)) {
      in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    }
    return hex(digest);
  }

  /** The digest of some bytes as lower-case hexadecimal digits. */
  public static String of(byte[] content) {
    return HexFormat.of().formatHex(begin().digest(content));
  }

  /** Completes a digest and returns it as lower-case hexadecimal digits; the digest is reset. */
  public static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
