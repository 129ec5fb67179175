package dev.counterpoint.core.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The processor's model and instruction sets; null if the operating system does not report them.
 *
 * @param model the model name
 * @param cores the number of cores available to this process
 * @param avx2 whether it supports AVX2
 * @param avx512 whether it supports AVX-512F
 * @param bfloat16 whether it multiplies bfloat16 in hardware; without it, bfloat16 is not faster
 *     than float32
 * @param instructionSets the instruction sets from which libtorch and its libraries select kernels
 */
public record Processor(
    @Nullable String model,
    int cores,
    @Nullable Boolean avx2,
    @Nullable Boolean avx512,
    @Nullable Boolean bfloat16,
    List<String> instructionSets) {
  /** Environment variables by which libtorch, oneDNN and MKL select kernels. */
  public static final List<String> KERNEL_VARIABLES =
      List.of(
          "ATEN_CPU_CAPABILITY",
          "ONEDNN_MAX_CPU_ISA",
          "DNNL_MAX_CPU_ISA",
          "MKL_CBWR",
          "MKL_ENABLE_INSTRUCTIONS");

  private static final String USED_BY_LIBTORCH =
      "sse4_.|avx.*|amx_.*|fma|f16c|asimd.*|sve.*|sme\\d?|bf16|i8mm";

  /** Reads the processor of this machine. Only Linux reports instruction sets in a file. */
  public static Processor read() {
    int cores = Runtime.getRuntime().availableProcessors();
    try {
      return parse(Files.readAllLines(Path.of("/proc/cpuinfo")), cores);
    } catch (IOException none) {
      return new Processor(null, cores, null, null, null, List.of());
    }
  }

  static Processor parse(List<String> cpuinfo, int cores) {
    String model = value(cpuinfo, "model name");
    String flags = value(cpuinfo, "flags"); // x86
    String features = value(cpuinfo, "Features"); // ARM
    if (flags != null) {
      Set<String> sets = Set.of(flags.split(" +"));
      boolean bfloat16 = sets.contains("avx512_bf16") || sets.contains("amx_bf16");
      return new Processor(
          model, cores, sets.contains("avx2"), sets.contains("avx512f"), bfloat16, used(sets));
    }
    if (features != null) {
      Set<String> sets = Set.of(features.split(" +"));
      return new Processor(model, cores, false, false, sets.contains("bf16"), used(sets));
    }
    return new Processor(model, cores, null, null, null, List.of());
  }

  /** Whether this is an AMD processor with AVX-512, which MKL uses only on Intel processors. */
  boolean isAmdWithAvx512() {
    return model != null && model.startsWith("AMD ") && Boolean.TRUE.equals(avx512);
  }

  private static List<String> used(Set<String> sets) {
    return sets.stream().filter(set -> set.matches(USED_BY_LIBTORCH)).sorted().toList();
  }

  /** The value of a key for the first core; all cores are assumed to be equal. */
  private static @Nullable String value(List<String> cpuinfo, String key) {
    return cpuinfo.stream()
        .map(line -> line.split(":", 2))
        .filter(fields -> fields.length == 2 && fields[0].strip().equals(key))
        .map(fields -> fields[1].strip())
        .findFirst()
        .orElse(null);
  }
}
