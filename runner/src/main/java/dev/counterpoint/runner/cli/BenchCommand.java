package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.runner.bench.Bench;
import dev.counterpoint.runner.bench.BenchSize;
import dev.counterpoint.runner.bench.Contender;
import dev.counterpoint.runner.bench.ProcessMemory;
import dev.counterpoint.runner.machine.EngineStart;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.PeakMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint bench}: how long a training step takes here, and elsewhere. */
@Command(
    name = "bench",
    description = {
      "Times one training step of encoders of three sizes: Counterpoint's trainer, a bare loop with the"
          + " same kernels, DJL's EasyTrain with DJL's blocks, and, with --python, PyTorch (eager, fused"
          + " AdamW, and torch.autocast in bfloat16), in turns.",
      "\"ratio\" is Counterpoint's median over the contender's; \"in turns\" is the median of the ratios"
          + " of the turns, which is \"at most\" what stands behind it with 95 %% certainty.",
      "\"peak MB\" is the most memory that a process held in which the contender was alone: known of"
          + " PyTorch and, where that takes part, of Counterpoint."
    })
final class BenchCommand implements Callable<Integer> {
  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "A Python with PyTorch; without it PyTorch takes no part.")
  private @Nullable Path python;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "A directory for bench.json, which is replaced if it is there.")
  private @Nullable Path output;

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "SIZE",
      description =
          "Of small, middle, large (encoders; all of them, if not given), bert (BERT base), gpt2 (the small"
              + " GPT-2), both as they are fine-tuned, with dropout, and generate (a token a step of that"
              + " GPT-2 with a key-value cache, in float32); the last three with PyTorch alone.")
  private @Nullable List<BenchSize> sizes;

  @Option(
      names = "--precisions",
      split = ",",
      paramLabel = "PRECISION",
      description = "Of float32, bfloat16. Both, if not given.")
  private @Nullable List<Precision> precisions;

  @Option(
      names = "--contenders",
      split = ",",
      paramLabel = "CONTENDER",
      description =
          "Of counterpoint, which always takes part, bare, easytrain, pytorch. All, if not given.")
  private @Nullable List<Contender.Kind> contenders;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Steps of the large encoder that are timed, two a turn; in as many turns twice as many of"
              + " the middle one, and ten times as many of the small. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (steps < 1) {
      throw new InvalidSettings("--steps " + steps + " must be 1 or greater.");
    }
    if (sizes != null
        && sizes.contains(BenchSize.GENERATE)
        && precisions != null
        && !precisions.contains(Precision.FLOAT32)) {
      throw new InvalidSettings(
          "--sizes generate is computed in float32 alone, as by the command generate; --precisions"
              + " leaves that out.");
    }
    Console console = Consoles.of(spec);
    EngineStart.begin().await();
    Bench bench =
        new Bench(
            sizes == null ? BenchSize.encoders() : EnumSet.copyOf(sizes),
            chosen(precisions, Precision.class),
            chosen(contenders, Contender.Kind.class),
            python,
            (steps + 1) / 2,
            alone() ? (size, precision) -> PeakMemory.bytes() : new ProcessMemory(Main.class));
    bench.check();
    Path file = file();
    ArrayNode rows = bench.run(console::print);
    if (file != null) {
      AtomicFile.writeText(file, rows.toPrettyString() + "\n");
      console.print("in " + file);
    }
    return ExitCode.DONE;
  }

  /** Whether this process measures nothing but Counterpoint at one thing: then its peak is that. */
  private boolean alone() {
    return contenders != null
        && EnumSet.copyOf(contenders).equals(EnumSet.of(Contender.Kind.COUNTERPOINT))
        && sizes != null
        && EnumSet.copyOf(sizes).size() == 1
        && precisions != null
        && EnumSet.copyOf(precisions).size() == 1;
  }

  private static <E extends Enum<E>> Set<E> chosen(@Nullable Collection<E> some, Class<E> all) {
    return some == null ? EnumSet.allOf(all) : EnumSet.copyOf(some);
  }

  private @Nullable Path file() {
    if (output == null) {
      return null;
    }
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new InvalidSettings("--output " + output + " cannot be a directory: " + e + ".");
    }
    return output.resolve("bench.json");
  }
}
