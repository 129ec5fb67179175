package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.machine.DoctorReport;
import dev.counterpoint.runner.machine.EngineFacts;
import dev.counterpoint.runner.machine.Folder;
import dev.counterpoint.runner.machine.MatmulSpeeds;
import dev.counterpoint.runner.machine.Memory;
import dev.counterpoint.runner.machine.Processor;
import dev.counterpoint.runner.machine.SelfCheck;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An examination as people read it: one fact a line. */
final class DoctorFormatter {
  private final PrintWriter out;

  DoctorFormatter(PrintWriter out) {
    this.out = out;
  }

  void write(DoctorReport found) {
    line("counterpoint", Version.current());
    line("java", found.java() + " in " + found.javaHome());
    write(found.processor());
    write(found.memory());
    write(found.cache());
    if (found.engine() != null) {
      write(found.engine());
    }
    if (found.selfCheck() != null) {
      write(found.selfCheck());
    }
    if (found.gigaflopsPerSecond() != null && found.bfloat16GigaflopsPerSecond() != null) {
      write(
          new MatmulSpeeds(found.gigaflopsPerSecond(), found.bfloat16GigaflopsPerSecond()),
          found.processor());
    }
    write(found.milliseconds());
  }

  private void write(Processor processor) {
    String model = processor.model() == null ? "unknown" : processor.model();
    line("processor", format("%s, %d cores", model, processor.cores()));
    line(
        "vectors",
        format(
            "AVX2 %s, AVX-512 %s, bfloat16 in hardware %s",
            yesNo(processor.avx2()), yesNo(processor.avx512()), yesNo(processor.bfloat16())));
  }

  private void write(Memory memory) {
    line(
        "memory",
        format(
            "%s; limits: heap %s, direct %s",
            gigabytes(memory.physicalBytes()),
            gigabytes(memory.heapLimitBytes()),
            gigabytes(memory.directLimitBytes())));
  }

  private void write(Folder cache) {
    String state = cache.writable() ? " free" : " free, but not writable";
    line("cache", cache.path() + ", " + gigabytes(cache.freeBytes()) + state);
  }

  private void write(EngineFacts engine) {
    line("engine", engine.name() + " " + engine.version() + " by DJL " + engine.djl());
    line("library", engine.build() + " in " + engine.library());
    line("features", String.join(", ", engine.features()));
    line("devices", String.join(", ", engine.devices()));
    line(
        "threads",
        format("%d in an operation, %d operations", engine.threads(), engine.interopThreads()));
  }

  private void write(MatmulSpeeds speeds, Processor processor) {
    line(
        "speed",
        format(
            "matrix products of %.0f GFLOP/s in float32, %.0f in bfloat16",
            speeds.float32(), speeds.bfloat16()));
    line("bfloat16", Bfloat16Advice.of(processor, speeds));
  }

  private void write(SelfCheck check) {
    line(
        "self-check",
        format(
            "%s: product off by %.1e, gradient by %.1e",
            check.agrees() ? "agrees" : "DISAGREES", check.productError(), check.gradientError()));
  }

  private void write(DoctorReport.Milliseconds spent) {
    line(
        "time",
        format(
            "%d ms to here, %d engine, %d self-check, %d speed",
            spent.toMain(), spent.engine(), spent.selfCheck(), spent.speed()));
  }

  private void line(String name, String value) {
    out.println(format("%-13s %s", name, value));
  }

  private static String yesNo(@Nullable Boolean known) {
    if (known == null) {
      return "unknown";
    }
    return known ? "yes" : "no";
  }

  private static String gigabytes(long bytes) {
    return format("%.1f GB", bytes / 1e9);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
