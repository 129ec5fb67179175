package dev.counterpoint.strategies.internal.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Key stores made with keytool, as the documentation shows. */
public final class KeyStores {
  private static final String PASSWORD = "changeit";

  private KeyStores() {}

  /** The environment variables of a new key store with a self-signed key. */
  public static Map<String, String> create(Path folder) throws IOException, InterruptedException {
    Path store = folder.resolve("ranks.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "ranks",
                "-keyalg",
                "EC",
                "-dname",
                "CN=ranks",
                "-validity",
                "365",
                "-storetype",
                "PKCS12",
                "-keystore",
                Files.createDirectories(folder).relativize(store).toString(),
                "-storepass",
                PASSWORD)
            .directory(folder.toFile())
            .inheritIO()
            .start();
    if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      throw new IOException("keytool has failed");
    }
    return Map.of(Tls.KEY_STORE, store.toString(), Tls.PASSWORD, PASSWORD);
  }
}
