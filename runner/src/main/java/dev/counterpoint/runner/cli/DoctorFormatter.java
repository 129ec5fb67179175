package dev.counterpoint.runner.cli;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.machine.DoctorReport;
import dev.counterpoint.runner.machine.EngineFacts;
import dev.counterpoint.runner.machine.Folder;
import dev.counterpoint.runner.machine.MatmulSpeeds;
import dev.counterpoint.runner.machine.Memory;
import dev.counterpoint.runner.machine.ProcessSettings;
import dev.counterpoint.runner.machine.SelfCheck;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Formats a {@link DoctorReport} as text, one fact per line. */
record DoctorFormatter(PrintWriter out) {
  void write(DoctorReport report) {
    line("counterpoint", "%s", Version.current());
    line("java", "%s in %s", report.java(), report.javaHome());
    Processor processor = report.processor();
    String model = processor.model() == null ? "unknown" : processor.model();
    line("processor", "%s, %d cores", model, processor.cores());
    line(
        "vectors",
        "AVX2 %s, AVX-512 %s, bfloat16 in hardware %s",
        yesNo(processor.avx2()),
        yesNo(processor.avx512()),
        yesNo(processor.bfloat16()));
    Memory memory = report.memory();
    line(
        "memory",
        "%.1f GB; limits: heap %.1f GB, direct %.1f GB",
        memory.physicalBytes() / 1e9,
        memory.heapLimitBytes() / 1e9,
        memory.directLimitBytes() / 1e9);
    write("cache", report.cache());
    write(report.process());
    if (report.engine() != null) {
      write(report.engine());
    }
    SelfCheck check = report.selfCheck();
    if (check != null) {
      line(
          "self-check",
          "%s: matmul error %.1e, gradient error %.1e",
          check.agrees() ? "passed" : "FAILED",
          check.productError(),
          check.gradientError());
    }
    Double float32 = report.gigaflopsPerSecond();
    Double bfloat16 = report.bfloat16GigaflopsPerSecond();
    if (float32 != null && bfloat16 != null) {
      line("speed", "matmul %.0f GFLOP/s in float32, %.0f GFLOP/s in bfloat16", float32, bfloat16);
      line("bfloat16", "%s", Bfloat16Advice.of(processor, new MatmulSpeeds(float32, bfloat16)));
    }
    DoctorReport.Milliseconds times = report.milliseconds();
    line(
        "time",
        "%d ms JVM start, %d ms engine, %d ms self-check, %d ms speed test",
        times.toMain(),
        times.engine(),
        times.selfCheck(),
        times.speed());
  }

  private void write(String name, Folder folder) {
    String state =
        (folder.writable() ? " free" : " free, not writable")
            + (folder.executable() ? "" : ", mounted with noexec");
    line(name, "%s, %.1f GB%s", folder.path(), folder.freeBytes() / 1e9, state);
  }

  private void write(ProcessSettings process) {
    write("temporary", process.temporary());
    line("encoding", "%s", process.encoding());
    line("collector", "%s", process.collector());
    if (!process.jvmVariables().isEmpty()) {
      line("JVM options", "also from %s", String.join(", ", process.jvmVariables()));
    }
    line("hub", "%s", process.hub());
  }

  private void write(EngineFacts engine) {
    line("engine", "%s %s with DJL %s", engine.name(), engine.version(), engine.djl());
    line("library", "%s in %s", engine.build(), engine.library());
    line("features", "%s", String.join(", ", engine.features()));
    line("devices", "%s", String.join(", ", engine.devices()));
    line("threads", "%d intra-op, %d inter-op", engine.threads(), engine.interopThreads());
  }

  @FormatMethod
  private void line(String name, @FormatString String pattern, Object... values) {
    out.println(Formats.of("%-13s %s", name, Formats.of(pattern, values)));
  }

  private static String yesNo(@Nullable Boolean value) {
    return value == null ? "unknown" : value ? "yes" : "no";
  }
}
