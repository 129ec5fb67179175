package dev.counterpoint.runner.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Guice;
import com.google.inject.Injector;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewRunOptions;
import dev.counterpoint.runner.plan.Plan;
import dev.counterpoint.runner.plan.PlanText;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.PeakMemory;
import dev.counterpoint.runner.rundir.RunRecord;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import dev.counterpoint.runner.wiring.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterpoint plan}: predicts memory, disk and time of a training. */
@Command(
    name = "plan",
    description =
        "Predicts a training on one page: settings and their origin, data, layers, steps, learning"
            + " rates, memory, disk, and time from some seconds of training in another process. Writes"
            + " only to the cache folder, except for callbacks of the user.")
public final class PlanCommand extends ConsoleCommand {
  @Mixin private final NewRunOptions options = new NewRunOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(
      names = "--no-timing",
      description = "Skips the seconds of training; the plan then contains no times.")
  private boolean untimed;

  @Option(
      names = "--against",
      paramLabel = "RUN_DIR",
      description = "Also prints the settings that differ from those of an earlier run.")
  private @Nullable Path against;

  @Override
  protected void run(Console console) throws IOException {
    RunRecord earlier = null;
    if (against != null) {
      FileAccess.requireAccess(against);
      earlier = RunRecord.read(against);
    }
    Run.Request request = options.request();
    Run run = Run.of(request);
    Threads.check(run, System.getenv());
    Threads.apply(run);
    Torch.engine();
    long empty = PeakMemory.bytes().orElse(0);
    Injector wired = Guice.createInjector(new RunModule(run, console));
    try (console;
        DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class)) {
      run.file().training().freeze().forEach(model::freeze);
      if (!untimed) {
        console.log("Training for about 15 seconds, to measure the time ...");
      }
      Plan plan = Plan.of(run, data, model, untimed ? null : request);
      long measured = plan.peakMemory() == 0 ? 0 : plan.peakMemory() - empty;
      List<String> differences = earlier == null ? List.of() : differences(earlier, run, data);
      if (json) {
        ObjectNode object = plan.toJson().put("emptyStartBytes", empty);
        if (measured > 0) {
          object.put("measuredPeakBytes", measured);
        }
        if (earlier != null) {
          differences.forEach(object.putArray("differences")::add);
        }
        console.print(object.toString());
      } else {
        console.printText(PlanText.of(plan, measured));
        if (earlier != null) {
          console.print("");
          console.print("Differences from %s".formatted(earlier.label()));
          (differences.isEmpty() ? List.of("none") : differences)
              .forEach(line -> console.print("  " + line));
        }
      }
    }
  }

  private static List<String> differences(RunRecord earlier, Run run, DataSplits data) {
    Map<String, String> before = FlatSettings.of(earlier.settings());
    Map<String, String> now = run.settings();
    TreeSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(now.keySet());
    List<String> lines = new ArrayList<>();
    for (String key : keys) {
      String one = before.getOrDefault(key, "absent");
      String other = now.getOrDefault(key, "absent");
      if (!one.equals(other)) {
        lines.add(key + ": " + one + " -> " + other);
      }
    }
    Fingerprint trained = Fingerprint.parse(earlier.provenance().path("dataFingerprint").asText());
    Fingerprint planned = Fingerprint.parse(data.fingerprint());
    if (!planned.hash().equals(trained.hash())) {
      List<String> changed = planned.changedSince(trained);
      String splits =
          changed.isEmpty() ? "" : ", as do the sources of " + String.join(", ", changed);
      lines.add("the examples differ" + splits);
    }
    return lines;
  }
}
