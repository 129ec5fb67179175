package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.machine.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Measures Counterpoint's peak memory in a separate process with the same JVM flags, because the
 * peak of the current process includes all contenders and earlier measurements.
 *
 * @param main the main class to start, which must support the command {@code bench}
 */
public record ProcessMemory(Class<?> main) implements Bench.Memory {
  private static final String STEPS = "4";

  @Override
  public OptionalLong peak(BenchSize size, Precision precision) throws IOException {
    Path folder = Files.createTempDirectory("bench");
    Path file = folder.resolve("bench.json");
    Path output = folder.resolve("said.log");
    List<String> arguments = new ArrayList<>(List.of("bench"));
    arguments.addAll(List.of("--sizes", Row.name(size), "--precisions", Row.name(precision)));
    arguments.addAll(List.of("--contenders", Row.name(Contender.Kind.COUNTERPOINT)));
    arguments.addAll(List.of("--steps", STEPS, "--output", folder.toString()));
    try (ChildJvm process = ChildJvm.start(main.getName(), arguments, output)) {
      if (process.exitCode() != 0) {
        throw new RunFailed(
            "The process that measures memory failed: " + Files.readString(output).strip());
      }
      JsonNode bytes = Json.MAPPER.readTree(file.toFile()).path(0).path("peakBytes");
      return bytes.isMissingNode() ? OptionalLong.empty() : OptionalLong.of(bytes.asLong());
    } finally {
      new LocalDisk().delete(folder);
    }
  }
}
