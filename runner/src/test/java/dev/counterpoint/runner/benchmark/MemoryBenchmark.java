package dev.counterpoint.runner.benchmark;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.runner.cli.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory leak benchmark: the number of native arrays and the resident memory after 200 and after
 * 2,000 steps of {@code sentiment}, with checkpoints and validations in between. Run it with a heap
 * of fixed size whose pages are touched in advance, so that only native memory can grow: {@code
 * -Xms1g -Xmx1g -XX:+AlwaysPreTouch}.
 */
public final class MemoryBenchmark {
  private static final int EARLY = 200;
  private static final int LATE = 2_000;

  private MemoryBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory("memory").resolve("run");
    String[] command = {
      "train",
      "sentiment",
      "--output",
      directory.toString(),
      "--set",
      "training.epochs=7",
      "--set",
      "callbacks=[{type: \"" + Watch.class.getName() + "\"}]"
    };
    Main.main(command);
  }

  /** Prints arrays and memory after each of the two steps. */
  public record Watch() implements CallbackConfig {
    @Override
    public Callback build(CallbackContext context) {
      return new Callback() {
        private long early;

        @Override
        public void onStep(StepReport report) {
          if (report.step() == EARLY) {
            early = print(report);
          } else if (report.step() == LATE) {
            System.out.printf(
                "resident memory at step %d / at step %d: %.4f%n",
                LATE, EARLY, (double) print(report) / early);
          }
        }
      };
    }

    private static long print(StepReport report) {
      long resident = residentBytes();
      System.out.printf(
          "step %d: %d native arrays, %.1f MB resident%n", report.step(), arrays(), resident / 1e6);
      return resident;
    }

    private static long arrays() {
      try (NDManager manager = Torch.newManager(Device.cpu())) {
        return manager.getParentManager().getManagedArrays().stream()
            .filter(NDArray.class::isInstance)
            .count();
      }
    }

    private static long residentBytes() {
      try {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
