package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the {@code main} of docs/library.md: training and prediction with core only. */
final class PlainMainTest {
  private static final Path PAGE = Path.of("..", "docs", "library.md");
  private static final Pattern BLOCK =
      Pattern.compile("```java\\n((?:(?!```).)*?static void main.*?)```", Pattern.DOTALL);
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir Path folder;

  @Test
  void exampleIsShort() throws IOException {
    assertThat(source().lines().count()).isLessThanOrEqualTo(40);
  }

  @Test
  void exampleTrainsAndPredicts() throws Exception {
    Path file = Files.writeString(folder.resolve("Quadrants.java"), source());
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-classpath", CLASS_PATH, file.toString());
    assertThat(compiled).isZero();

    Matcher output =
        Pattern.compile("loss [0-9.,]+, (\\d+) of 500 right").matcher(run("Quadrants"));
    assertThat(output.find()).isTrue();
    assertThat(Integer.parseInt(output.group(1))).isGreaterThan(450);
  }

  private static String source() throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(PAGE).replace("\r\n", "\n"));
    assertThat(block.find()).as("a code block with a main method").isTrue();
    return block.group(1);
  }

  /** Runs a program in a separate JVM and returns its output. */
  private String run(String main) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder program = new ProcessBuilder(java, main);
    program
        .environment()
        .put("CLASSPATH", folder + System.getProperty("path.separator") + CLASS_PATH);
    program.environment().put("OMP_NUM_THREADS", "1"); // a small model needs no more
    Path errors = folder.resolve("errors.txt");
    Process process = program.redirectError(errors.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return out;
  }
}
