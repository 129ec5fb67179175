package dev.counterpoint.runner.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the processor can do, as far as the operating system tells; null where it does not.
 *
 * @param cores how many of its cores this process may use
 * @param bfloat16 whether it multiplies bfloat16 in hardware; elsewhere that is no faster than
 *     float32
 */
public record Processor(
    @Nullable String model,
    int cores,
    @Nullable Boolean avx2,
    @Nullable Boolean avx512,
    @Nullable Boolean bfloat16) {

  /** The processor of this machine. Only Linux lists the instruction sets in a file. */
  public static Processor read() {
    int cores = Runtime.getRuntime().availableProcessors();
    try {
      return parse(Files.readAllLines(Path.of("/proc/cpuinfo")), cores);
    } catch (IOException none) {
      return new Processor(null, cores, null, null, null);
    }
  }

  static Processor parse(List<String> cpuinfo, int cores) {
    String model = value(cpuinfo, "model name");
    String flags = value(cpuinfo, "flags"); // x86
    String features = value(cpuinfo, "Features"); // ARM
    if (flags != null) {
      Set<String> sets = Set.of(flags.split(" +"));
      boolean bfloat16 = sets.contains("avx512_bf16") || sets.contains("amx_bf16");
      return new Processor(model, cores, sets.contains("avx2"), sets.contains("avx512f"), bfloat16);
    }
    if (features != null) {
      boolean bfloat16 = Set.of(features.split(" +")).contains("bf16");
      return new Processor(model, cores, false, false, bfloat16);
    }
    return new Processor(model, cores, null, null, null);
  }

  /** Of the first core that is listed; the others are alike. */
  private static @Nullable String value(List<String> cpuinfo, String key) {
    for (String line : cpuinfo) {
      int colon = line.indexOf(':');
      if (colon >= 0 && line.substring(0, colon).strip().equals(key)) {
        return line.substring(colon + 1).strip();
      }
    }
    return null;
  }
}
