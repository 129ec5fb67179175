package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.snapshot.StepSnapshot;
import dev.counterpoint.runner.rundir.Outcome;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code report.html} from the other files of the run directory, after each validation and
 * at the end. The file is replaced atomically. The callback must be registered after {@code
 * MetricsFile}, whose rows it plots.
 */
public final class RunReport implements Callback, Stateful {
  private static final String CONFUSIONS = "confusions";
  private static final String SAMPLES = "samples";

  private final RunDirectory directory;
  private final String name;
  private final List<String> notes;
  private final @Nullable Supplier<List<Samples.Sample>> samples;
  private final Supplier<OptionalLong> selectedStep;
  private long step;
  private long totalSteps;
  private Optional<ConfusionTable> confusions = Optional.empty();
  private SampleView lastSamples = SampleView.empty();

  /**
   * Creates the report of a run.
   *
   * @param name the name of the run
   * @param notes the notes about the data
   * @param samples runs the model on some examples; called after a validation; null for no samples
   * @param selectedStep the step of the model that is the result so far; empty for the last step
   */
  public RunReport(
      RunDirectory directory,
      String name,
      List<String> notes,
      @Nullable Supplier<List<Samples.Sample>> samples,
      Supplier<OptionalLong> selectedStep) {
    this.directory = directory;
    this.name = name;
    this.notes = List.copyOf(notes);
    this.samples = samples;
    this.selectedStep = selectedStep;
  }

  @Override
  public void onStart(TrainingStart start) {
    step = start.step();
    totalSteps = start.totalSteps();
  }

  @Override
  public void onStep(StepReport report) {
    step = report.step();
  }

  @Override
  public void onValidation(ValidationReport report) {
    if (selectedStep.get().orElse(report.step()) == report.step()) {
      confusions =
          report.evaluation().confusion().map(matrix -> ConfusionTable.of(report.step(), matrix));
      lastSamples =
          samples == null ? SampleView.empty() : new SampleView(report.step(), samples.get());
    }
    write("still running.");
  }

  @Override
  public void onEnd(TrainingEnd end) {
    write(ended(end));
  }

  /** Adds the result of the run: the step and the hash of its model. */
  public void add(Outcome outcome) {
    write(
        Formats.of(
            "%s Model of step %,d, hash %s.",
            ended(outcome.end()), outcome.step(), outcome.modelHash()));
  }

  private static String ended(TrainingEnd end) {
    return end.stopReason() == null ? "finished." : "stopped: " + end.stopReason() + ".";
  }

  /** Returns the confusion matrix and samples, which are stored in no other file. */
  @Override
  public Map<String, Object> state() {
    return new TreeMap<>( // Checkpoints are hashed.
        Map.of(
            CONFUSIONS,
            confusions.map(table -> Json.MAPPER.valueToTree(table).toString()).orElse(""),
            SAMPLES,
            Json.MAPPER.valueToTree(lastSamples).toString()));
  }

  @Override
  public void loadState(Map<String, ?> state) {
    String text = String.valueOf(state.get(CONFUSIONS));
    confusions =
        text.isEmpty() ? Optional.empty() : Optional.of(Json.parse(text, ConfusionTable.class));
    if (samples != null && state.get(SAMPLES) instanceof String json) {
      lastSamples = Json.parse(json, SampleView.class);
    }
  }

  private void write(String state) {
    try {
      Page page =
          Page.of(
              name,
              Formats.of("Step %,d of %,d, %s", step, totalSteps, state),
              RunLog.read(directory.metrics()),
              snapshots(),
              confusions,
              lastSamples,
              notes,
              Files.exists(directory.runFile()) ? Files.readString(directory.runFile()) : "",
              AtomicFile.readJson(directory.provenance()));
      AtomicFile.writeText(directory.report(), page.toHtml());
      FileAccess.makeFilePrivate(directory.report());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the step snapshots of the run, ordered by step. Folders without one are skipped. */
  private List<Page.Snapshot> snapshots() throws IOException {
    List<Page.Snapshot> snapshots = new ArrayList<>();
    for (Path folder : FolderEntries.of(directory.snapshots())) {
      if (folder.getFileName().toString().startsWith("step-")) {
        add(folder, snapshots);
      }
    }
    return snapshots;
  }

  private static void add(Path folder, List<Page.Snapshot> snapshots) {
    try {
      StepSnapshot snapshot = StepSnapshot.read(folder);
      snapshots.add(
          new Page.Snapshot(
              String.valueOf(folder.getFileName()),
              snapshot.step(),
              Formats.of("%.4g", snapshot.loss()),
              Formats.of("%.4g", snapshot.gradientNorm())));
    } catch (IOException | InvalidSettings e) {
      // Not a snapshot, or one that another process is writing.
    }
  }
}
