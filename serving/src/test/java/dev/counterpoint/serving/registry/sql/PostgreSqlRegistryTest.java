package dev.counterpoint.serving.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.serving.registry.FolderRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PostgreSqlRegistryTest {
  @Test
  void aDatabaseThatAcceptsAConnectionAndDoesNotAnswerIsNotAvailable() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      String url =
          "jdbc:postgresql://127.0.0.1:%s/models?sslmode=disable".formatted(silent.getLocalPort());
      PostgreSqlRegistry registry = new PostgreSqlRegistry(url, Map.of(), "models");

      CompletableFuture<FolderRegistry> opened =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return registry.open(Path.of(""), "ann@host");
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });

      assertThat(opened)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withMessageContaining("not available");
    }
  }
}
