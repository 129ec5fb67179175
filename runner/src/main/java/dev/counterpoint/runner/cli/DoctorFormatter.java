package dev.counterpoint.runner.cli;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.machine.Bfloat16Advice;
import dev.counterpoint.runner.machine.DoctorReport;
import dev.counterpoint.runner.machine.EngineFacts;
import dev.counterpoint.runner.machine.Folder;
import dev.counterpoint.runner.machine.MatmulSpeeds;
import dev.counterpoint.runner.machine.Memory;
import dev.counterpoint.runner.machine.ProcessSettings;
import dev.counterpoint.runner.machine.Processor;
import dev.counterpoint.runner.machine.SelfCheck;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Formats a {@link DoctorReport} as text, one fact per line. */
record DoctorFormatter(PrintWriter out) {
  void write(DoctorReport report) {
    line("counterpoint", Version.current());
    line("java", report.java() + " in " + report.javaHome());
    write(report.processor());
    write(report.memory());
    write("cache", report.cache());
    write(report.process());
    if (report.engine() != null) {
      write(report.engine());
    }
    if (report.selfCheck() != null) {
      write(report.selfCheck());
    }
    if (report.gigaflopsPerSecond() != null && report.bfloat16GigaflopsPerSecond() != null) {
      write(
          new MatmulSpeeds(report.gigaflopsPerSecond(), report.bfloat16GigaflopsPerSecond()),
          report.processor());
    }
    write(report.milliseconds());
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

  private void write(String name, Folder folder) {
    String state =
        (folder.writable() ? " free" : " free, not writable")
            + (folder.executable() ? "" : ", mounted with noexec");
    line(name, folder.path() + ", " + gigabytes(folder.freeBytes()) + state);
  }

  private void write(ProcessSettings process) {
    write("temporary", process.temporary());
    line("encoding", process.encoding());
    line("collector", process.collector());
    if (!process.jvmVariables().isEmpty()) {
      line("JVM options", "also from " + String.join(", ", process.jvmVariables()));
    }
    line("hub", process.hub());
  }

  private void write(EngineFacts engine) {
    line("engine", engine.name() + " " + engine.version() + " with DJL " + engine.djl());
    line("library", engine.build() + " in " + engine.library());
    line("features", String.join(", ", engine.features()));
    line("devices", String.join(", ", engine.devices()));
    line("threads", format("%d intra-op, %d inter-op", engine.threads(), engine.interopThreads()));
  }

  private void write(MatmulSpeeds speeds, Processor processor) {
    line(
        "speed",
        format(
            "matmul %.0f GFLOP/s in float32, %.0f GFLOP/s in bfloat16",
            speeds.float32(), speeds.bfloat16()));
    line("bfloat16", Bfloat16Advice.of(processor, speeds));
  }

  private void write(SelfCheck check) {
    line(
        "self-check",
        format(
            "%s: matmul error %.1e, gradient error %.1e",
            check.agrees() ? "passed" : "FAILED", check.productError(), check.gradientError()));
  }

  private void write(DoctorReport.Milliseconds times) {
    line(
        "time",
        format(
            "%d ms JVM start, %d ms engine, %d ms self-check, %d ms speed test",
            times.toMain(), times.engine(), times.selfCheck(), times.speed()));
  }

  private void line(String name, String value) {
    out.println(format("%-13s %s", name, value));
  }

  private static String yesNo(@Nullable Boolean value) {
    if (value == null) {
      return "unknown";
    }
    return value ? "yes" : "no";
  }

  private static String gigabytes(long bytes) {
    return format("%.1f GB", bytes / 1e9);
  }

  private static String format(String pattern, Object... values) {
    return Formats.of(pattern, values);
  }
}
