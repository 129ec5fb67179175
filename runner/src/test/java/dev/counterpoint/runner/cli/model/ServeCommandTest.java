package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.Main;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class ServeCommandTest {
  private static final String RUN = "src/test/resources/fixtures/finished";

  @ParameterizedTest
  @CsvSource({
    "--host, 0.0.0.0",
    "--port, 70000",
    "--admin-port, -1",
    "--name, a b",
    "--name, a/1/2"
  })
  void invalidOptionIsRefused(String option, String value) {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("serve", RUN, option, value)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(value);
  }

  @Test
  void modelThatGeneratesTextIsRefused() {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("serve", RUN.replace("finished", "generation"), "--port", "0"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("generation");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void sigtermAnswersAcceptedRequestsAndEndsWithItsCode() throws Exception {
    Process process = start();
    try (BufferedReader said = process.inputReader()) {
      HttpRequest request = request(said.readLine());
      HttpClient client = HttpClient.newHttpClient();
      assertThat(client.send(request, BodyHandlers.ofString()).body()).contains("\"label\"");
      List<CompletableFuture<HttpResponse<String>>> responses =
          IntStream.range(0, 40)
              .mapToObj(i -> client.sendAsync(request, BodyHandlers.ofString()))
              .toList();
      CompletableFuture.anyOf(responses.toArray(CompletableFuture[]::new)).join();
      new ProcessBuilder("kill", "-TERM", Long.toString(process.pid())).start().waitFor();

      assertThat(responses).allSatisfy(it -> assertThat(it.join().statusCode()).isIn(200, 503));
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(143);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            RUN,
            "--port",
            "0")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The request of the command that the server prints. */
  private static HttpRequest request(String line) {
    Matcher curl =
        Pattern.compile("curl -H 'content-type: (\\S+)' -d '(.*)' (http://\\S+)").matcher(line);
    assertThat(curl.find()).as(line).isTrue();
    return HttpRequest.newBuilder(URI.create(curl.group(3)))
        .header("content-type", curl.group(1))
        .POST(HttpRequest.BodyPublishers.ofString(curl.group(2)))
        .build();
  }
}
