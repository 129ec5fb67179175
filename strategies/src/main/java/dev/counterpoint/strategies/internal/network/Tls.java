package dev.counterpoint.strategies.internal.network;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 with mutual authentication. One key store of PKCS12 has the key of this process, and the
 * certificates that it trusts. Host names are not compared: a run's machines often have none.
 */
final class Tls {
  static final String KEY_STORE = "COUNTERPOINT_KEYSTORE";
  static final String PASSWORD = "COUNTERPOINT_KEYSTORE_PASSWORD";
  static final String PASSWORD_FILE = "COUNTERPOINT_KEYSTORE_PASSWORD_FILE";

  private static final int HANDSHAKE_MILLIS = 5_000; // for one answer of the other side

  private final SSLContext context;

  private Tls(SSLContext context) {
    this.context = context;
  }

  /**
   * Reads the key store that the environment names.
   *
   * @return null if it names none
   * @throws IllegalArgumentException if it cannot be used, with the reason
   */
  static @Nullable Tls of(Map<String, String> environment) {
    String file = environment.getOrDefault(KEY_STORE, "");
    if (file.isEmpty()) {
      return null;
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      char[] password = password(environment).toCharArray();
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password);
      TrustManagerFactory trusted =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trusted.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
      return new Tls(context);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "%s %s cannot be used: %s. It must be a PKCS12 key store with a key and trusted certificates; its password is in %s or the file %s."
              .formatted(KEY_STORE, file, e, PASSWORD, PASSWORD_FILE),
          e);
    }
  }

  private static String password(Map<String, String> environment) throws IOException {
    String file = environment.getOrDefault(PASSWORD_FILE, "");
    return file.isEmpty()
        ? environment.getOrDefault(PASSWORD, "")
        : Files.readString(Path.of(file)).strip();
  }

  /** The encrypted form of a connected socket; authenticates both sides. */
  Socket secured(Socket socket, boolean client) throws IOException {
    SSLSocket secured =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(
                    socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true);
    secured.setEnabledProtocols(new String[] {"TLSv1.3"});
    secured.setUseClientMode(client);
    secured.setNeedClientAuth(!client);
    secured.setSoTimeout(HANDSHAKE_MILLIS);
    secured.startHandshake();
    return secured;
  }
}
