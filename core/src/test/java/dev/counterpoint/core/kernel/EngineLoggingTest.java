package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Start-up output of the engine in a new JVM, whose SLF4J provider is slf4j-simple. */
final class EngineLoggingTest {
  @Test
  void startingTheEnginePrintsNothing() throws Exception {
    assertThat(output()).isEmpty();
  }

  @Test
  void theLogLevelOfTheApplicationIsKept() throws Exception {
    assertThat(output("-Dorg.slf4j.simpleLogger.log.ai.djl=info")).contains("INFO ai.djl");
  }

  /** Returns the standard output and error of a JVM that starts the engine. */
  private static String output(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dai.djl.offline=true");
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Start.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // The JVM prints it.
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** Main class that starts the engine and computes a sum. */
  static final class Start {
    private Start() {}

    public static void main(String[] arguments) {
      try (NDManager manager = Torch.newManager(Device.cpu());
          NDArray ones = manager.ones(new Shape(2));
          NDArray sum = ones.sum()) {
        if (sum.getFloat() != 2) {
          throw new IllegalStateException("The sum is " + sum.getFloat() + ".");
        }
      }
    }
  }
}
