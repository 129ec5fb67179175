package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program of the page about serving. */
@Timeout(120)
final class ServingExampleTest {
  private static final String NAME = "Serve.java";
  private static final Path RUN = Path.of("src/test/resources/fixtures/finished");

  @TempDir private Path folder;

  @Test
  void hasAtMostThirtyLines() throws IOException {
    assertThat(source().lines()).hasSizeLessThanOrEqualTo(30);
  }

  @Test
  void needsNeitherTheRunnerNorHttp() throws Exception {
    Path source = Files.writeString(folder.resolve(NAME), source());
    String libraries =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(it -> !it.matches(".*(runner|strategies|guice|picocli|junit|armeria|netty).*"))
            .collect(Collectors.joining(File.pathSeparator));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                libraries,
                source.toString(),
                RUN.toAbsolutePath().toString())
            .redirectError(folder.resolve("errors.txt").toFile())
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(Files.readString(folder.resolve("errors.txt"))).isZero();
    assertThat(out.strip()).isIn("good", "bad");
  }

  private static String source() throws IOException {
    return MarkdownPage.all().stream()
        .flatMap(page -> page.blocks().stream())
        .filter(block -> block.fileName().filter(NAME::equals).isPresent())
        .findFirst()
        .orElseThrow()
        .content();
  }
}
