package dev.counterpoint.runner.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.machine.Program;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.report.Paragraph;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunRecord;
import dev.counterpoint.runner.wiring.ChangedSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code counterpoint explain}: describes a run on one page. */
@Command(
    name = "explain",
    description =
        "Describes a run on one page: what was trained on which data and with which code, how it"
            + " ended, the settings that differ from their defaults, and the commands to reproduce,"
            + " resume and use it. No code of the run is loaded.")
public final class ExplainCommand extends ConsoleCommand {
  private static final int INDENT = 4;
  private static final int MAX_LISTED = 100; // lines of a section

  @Parameters(paramLabel = "RUN_DIR", description = "The run directory; it is not changed.")
  private Path folder = Path.of("");

  private final List<String> lines = new ArrayList<>();

  @Override
  protected void run(Console console) throws IOException {
    FileAccess.requireAccess(folder);
    RunRecord run = RunRecord.read(folder);
    lines.add(run.label() + ": " + run.state());
    training(run);
    ended(run);
    code(run);
    settings(run);
    commands(run);
    lines.forEach(console::print);
  }

  private void section(String title) {
    lines.add("");
    lines.add(title);
  }

  /** Adds a line, wrapped between words. */
  private void line(String text) {
    Paragraph.of("  " + ControlCharacterEscaper.of(text), INDENT).lines().forEach(lines::add);
  }

  /** Adds a line with the values at JSON pointers. */
  private void line(String pattern, JsonNode node, String... pointers) {
    line(
        pattern.formatted(
            Arrays.stream(pointers).map(it -> node.at(it).asText("unknown")).toArray()));
  }

  private void limited(List<String> all) {
    all.stream().limit(MAX_LISTED).forEach(each -> lines.add("  " + each));
    if (all.size() > MAX_LISTED) {
      lines.add("  and " + (all.size() - MAX_LISTED) + " more");
    }
  }

  private void training(RunRecord run) {
    JsonNode settings = run.settings();
    JsonNode process = run.lastProcess();
    section("Training");
    line("model: %s", settings, "/model/type");
    line("data: %s", settings, "/data/type");
    List<String> files = new ArrayList<>();
    for (Map.Entry<String, JsonNode> file : process.path("files").properties()) {
      String hash = file.getValue().path("sha256").asText();
      files.add(
          "  %s: %s%s"
              .formatted(
                  file.getKey(),
                  file.getValue().path("file").asText(),
                  hash.isEmpty() ? "" : ", SHA-256 " + abbreviated(hash)));
    }
    limited(files);
    line("fingerprint of the data: " + abbreviated(run.provenance().path("dataFingerprint")));
    line(
        "seed %s, batch size %s, optimizer %s with learning rate %s, strategy %s",
        settings,
        "/seed",
        "/training/batchSize",
        "/training/optimizer/type",
        "/training/optimizer/learningRate",
        "/strategy/type");
    line(
        "machine: %s, %s, threads %s, device %s",
        process, "/machine/cpu", "/machine/system", "/machine/threads", "/machine/device");
  }

  private static String abbreviated(JsonNode hash) {
    return abbreviated(hash.asText("unknown"));
  }

  private static String abbreviated(String hash) {
    return hash.substring(0, Math.min(12, hash.length()));
  }

  private void ended(RunRecord run) {
    section("Course and result");
    for (JsonNode process : Provenance.processes(run.provenance())) {
      line(
          "%s %s by %s on %s%s"
              .formatted(
                  process.has("afterStep")
                      ? "resumed after step " + process.path("afterStep").asText() + " at"
                      : "started at",
                  process.has("at")
                      ? process.path("at").asText()
                      : process.path("started").asText(),
                  process.path("user").asText("unknown"),
                  process.path("host").asText("unknown"),
                  process.has("ended")
                      ? "; ended at %s: %s"
                          .formatted(process.path("ended").asText(), process.path("exit").asText())
                      : ""));
    }
    run.crash().ifPresent(this::line);
    JsonNode summary = run.summary();
    if (run.hasResult()) {
      line(
          Formats.of(
              "%s, %s, %s in training steps, %.0f examples/s, peak memory %.2f GB",
              Formats.count(run.steps(), "step"),
              Formats.count(summary.path("epochs").asLong(), "complete epoch"),
              Formats.duration(summary.path("seconds").asDouble()),
              summary.path("itemsPerSecond").asDouble(),
              summary.path("peakMemoryBytes").asDouble() / 1e9));
      line(
          "model: %s, hash %s"
              .formatted(
                  summary.has("bestStep")
                      ? "the best one, after step " + summary.path("bestStep").asText()
                      : "after the last step",
                  abbreviated(summary.path("modelHash"))));
      summary.path("warnings").forEach(warning -> line("warning: " + warning.asText()));
    } else {
      line("no result; last recorded step: " + run.steps());
    }
    if (!run.results().isEmpty()) {
      line((run.hasResult() ? "result: " : "last values: ") + Formats.line(run.results()));
    }
  }

  private void code(RunRecord run) throws IOException {
    JsonNode versions = run.lastProcess().path("versions");
    section("Code");
    line(
        "Counterpoint %s%s, %s, DJL %s, Java %s"
            .formatted(
                versions.path("counterpoint").asText("unknown"),
                versions.has("commit") ? " (commit " + versions.path("commit").asText() + ")" : "",
                versions.path("engine").asText("unknown"),
                versions.path("djl").asText("unknown"),
                versions.path("java").asText("unknown")));
    String now = Program.commit().orElse(Program.version());
    if (!now.equals(versions.path("commit").asText(versions.path("counterpoint").asText()))) {
      line("this program: " + now + "; its results may differ from those of the run");
    }
    run.codeLines().forEach(this::line);
  }

  private void settings(RunRecord run) {
    section("Settings that differ from their defaults");
    if (run.settings().isEmpty()) {
      line("not recorded by the version that trained the run; see run.yaml");
    }
    JsonNode recorded = run.lastProcess().path(Provenance.CHANGED_SETTINGS);
    Map<String, String> changed;
    if (recorded.isArray()) {
      changed = FlatSettings.of(run.settings());
      changed
          .keySet()
          .retainAll(recorded.valueStream().map(JsonNode::asText).collect(Collectors.toSet()));
    } else { // without classes of the user, or of an earlier version
      changed = ChangedSettings.of(run.settings());
    }
    limited(
        changed.entrySet().stream()
            .map(setting -> setting.getKey() + ": " + setting.getValue())
            .toList());
  }

  private void commands(RunRecord run) throws IOException {
    Path path = run.directory().path();
    OptionalLong newest = run.directory().newestStep();
    section("Commands");
    List<String> command =
        run.lastProcess().path("command").valueStream().map(JsonNode::asText).toList();
    line("started with: " + LauncherCommand.line(command.toArray()));
    if (run.hasResult() || newest.isPresent()) {
      command("train again and compare", "reproduce", path);
    }
    if (newest.isPresent() && run.state() != RunRecord.State.RUNNING) {
      if (run.state() == RunRecord.State.FINISHED) {
        JsonNode training = run.settings().path("training");
        String limit = training.path("maxSteps").asLong() == run.steps() ? "maxSteps" : "epochs";
        String more = "training." + limit + "=" + 2 * training.path(limit).asLong();
        command("train longer", "train", path, "--set", more);
      } else {
        command("resume after step " + newest.getAsLong(), "train", path);
      }
    } else if (newest.isEmpty()) {
      line("no checkpoint: the run cannot be resumed");
    }
    for (Path snapshot : FolderEntries.of(run.directory().snapshots())) {
      if (snapshot.getFileName().toString().startsWith("step-")) {
        command("inspect an unusual step", "replay", snapshot);
      }
    }
    if (Files.isDirectory(run.directory().model())) {
      command("evaluate", "evaluate", path);
      switch (run.settings().at("/data/type").asText()) {
        case "text-generation" -> command("generate", "generate", path, "--prompt", "TEXT");
        case "tabular" -> command("predict", "predict", path, "--data", "FILE");
        case "image-classification" -> command("predict", "predict", path, "--image", "FILE");
        case "question-answering" ->
            command("predict", "predict", path, "--question", "TEXT", "--text", "TEXT");
        default -> command("predict", "predict", path, "--text", "TEXT");
      }
      command("serve", "serve", path);
    }
  }

  private void command(String purpose, Object... arguments) {
    lines.add("  " + purpose + ": " + LauncherCommand.line(arguments));
  }
}
