package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.bench.Bench;
import dev.counterpoint.runner.bench.BenchSize;
import dev.counterpoint.runner.bench.Contender;
import dev.counterpoint.runner.bench.ProcessMemory;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.machine.EngineStart;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.PeakMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code counterpoint bench}: benchmarks training steps against DJL and PyTorch. */
@Command(
    name = "bench",
    description = {
      "Measures the time of a training step of three encoder sizes in alternating runs: Counterpoint's"
          + " trainer, a bare loop with the same kernels, DJL's EasyTrain with DJL's blocks, and, with"
          + " --python, PyTorch (eager, fused AdamW, torch.autocast for bfloat16).",
      "\"ratio\" is Counterpoint's median time over the contender's. \"paired\" is the median of the"
          + " ratios of the alternating runs; \"95%% bound\" is its upper 95%% confidence bound.",
      "\"peak MB\" is the peak memory of a process that runs only this contender; it is measured for"
          + " PyTorch and, if PyTorch takes part, for Counterpoint."
    })
final class BenchCommand extends ConsoleCommand {
  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "A Python executable with PyTorch installed. Default: PyTorch is not measured.")
  private @Nullable Path python;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Writes bench.json to this directory, replacing an existing one.")
  private @Nullable Path output;

  @Option(
      names = "--sizes",
      defaultValue = "small,middle,large",
      split = ",",
      paramLabel = "SIZE",
      description =
          "Comma-separated sizes. Encoders: small, middle, large (the default is all three)."
              + " Fine-tuning with dropout: bert (BERT base), gpt2 (GPT-2 small). generate: decoding"
              + " with GPT-2 small and a key-value cache, one token a step, in float32. bert, gpt2 and"
              + " generate are compared with PyTorch only.")
  private Set<BenchSize> sizes = Set.of();

  @Option(
      names = "--precisions",
      defaultValue = "float32,bfloat16",
      split = ",",
      paramLabel = "PRECISION",
      description = "Comma-separated: float32, bfloat16. Default: both.")
  private Set<Precision> precisions = Set.of();

  @Option(
      names = "--contenders",
      defaultValue = "counterpoint,bare,easytrain,pytorch",
      split = ",",
      paramLabel = "CONTENDER",
      description =
          "Comma-separated: counterpoint (always included), bare, easytrain, pytorch. Default: all.")
  private Set<Contender.Kind> contenders = Set.of();

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Measured steps of the large encoder. The middle encoder runs 2 times and the small encoder"
              + " 10 times this number. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Override
  protected void run(Console console) throws IOException {
    if (steps < 1) {
      throw new InvalidSettings("--steps " + steps + " must be 1 or greater.");
    }
    if (sizes.contains(BenchSize.GENERATE) && !precisions.contains(Precision.FLOAT32)) {
      throw new InvalidSettings(
          "--sizes generate supports only float32, but --precisions does not include float32.");
    }
    EngineStart.begin().await();
    Bench bench =
        new Bench(
            EnumSet.copyOf(sizes),
            EnumSet.copyOf(precisions),
            EnumSet.copyOf(contenders),
            python,
            (steps + 1) / 2,
            measuresOneContender()
                ? (size, precision) -> PeakMemory.bytes()
                : new ProcessMemory(Main.class));
    bench.check();
    Path file = file();
    ArrayNode rows = bench.run(console::print);
    if (file != null) {
      AtomicFile.writeText(file, rows.toPrettyString() + "\n");
      console.print("results written to " + file);
    }
  }

  /**
   * Returns whether this process measures only Counterpoint, at one size and precision; its own
   * peak memory is then the result.
   */
  private boolean measuresOneContender() {
    return contenders.equals(Set.of(Contender.Kind.COUNTERPOINT))
        && sizes.size() == 1
        && precisions.size() == 1;
  }

  private @Nullable Path file() {
    if (output == null) {
      return null;
    }
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new InvalidSettings("--output " + output + " cannot be created: " + e + ".");
    }
    return output.resolve("bench.json");
  }
}
