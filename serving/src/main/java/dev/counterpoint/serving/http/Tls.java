package dev.counterpoint.serving.http;

import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.ServerBuilder;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** How connections to a server are encrypted. */
public sealed interface Tls {
  /** Configures TLS of a server; returns false if the server does not encrypt. */
  boolean configure(ServerBuilder server);

  /** The same settings with each file name mapped. */
  default Tls withFiles(UnaryOperator<String> names) {
    return this;
  }

  /**
   * The server encrypts, with TLS 1.2 or 1.3.
   *
   * @param certificate a PEM file with the certificate, followed by those of its issuers
   * @param key a PEM file with the private key, without a password
   */
  record Pem(String certificate, String key) implements Tls {
    @Override
    public boolean configure(ServerBuilder server) {
      Path chain = file("certificate", certificate);
      Path secret = file("key", key);
      try {
        server.tls(TlsKeyPair.of(secret.toFile(), chain.toFile()));
      } catch (RuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        throw new InvalidSettings(
            "The certificate %s and the key %s cannot be used: %s. Both must be PEM files, the key"
                + " without a password.",
            chain, secret, cause.getMessage());
      }
      return true;
    }

    private static Path file(String name, String path) {
      Path file = Path.of(path);
      if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
        throw new InvalidSettings(
            "tls.%s is %s, which is not a file that can be read.", name, file);
      }
      return file;
    }

    @Override
    public Tls withFiles(UnaryOperator<String> names) {
      return new Pem(names.apply(certificate), names.apply(key));
    }
  }

  /** A proxy or service mesh in front of the server encrypts. */
  record TerminatedUpstream() implements Tls {
    @Override
    public boolean configure(ServerBuilder server) {
      return false;
    }
  }
}
