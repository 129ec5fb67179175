package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes {@code report.html} from the run directory's other files after each validation and at the
 * end, whole or not at all. It must be told after {@code MetricsFile}, whose rows it draws.
 */
public final class RunReport implements Callback, Stateful {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CONFUSIONS = "confusions";
  private static final String SAMPLES = "samples";

  private final RunDirectory directory;
  private final String name;
  private final Supplier<List<Samples.Sample>> samples;
  private long step;
  private long totalSteps;
  private Optional<ConfusionTable> confusions = Optional.empty();
  private SampleView shown = SampleView.nothing();

  /**
   * Reports on a run.
   *
   * @param name of the run
   * @param samples asks the model, after each validation
   */
  public RunReport(RunDirectory directory, String name, Supplier<List<Samples.Sample>> samples) {
    this.directory = directory;
    this.name = name;
    this.samples = samples;
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
    confusions =
        report.evaluation().confusion().map(matrix -> ConfusionTable.of(report.step(), matrix));
    shown = new SampleView(report.step(), samples.get());
    write("in training when this was written");
  }

  @Override
  public void onEnd(TrainingEnd end) {
    write(end.stopReason() == null ? "finished" : "stopped: " + end.stopReason());
  }

  /** The last confusions and samples: they lie in no other file. */
  @Override
  public Map<String, Object> state() {
    try {
      return Map.of(
          CONFUSIONS,
          confusions.isEmpty() ? "" : JSON.writeValueAsString(confusions.get()),
          SAMPLES,
          JSON.writeValueAsString(shown));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void loadState(Map<String, ?> state) {
    String text = String.valueOf(state.get(CONFUSIONS));
    try {
      confusions =
          text.isEmpty()
              ? Optional.empty()
              : Optional.of(JSON.readValue(text, ConfusionTable.class));
      if (state.get(SAMPLES) instanceof String kept) {
        shown = JSON.readValue(kept, SampleView.class);
      }
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String state) {
    try {
      Page page =
          Page.of(
              name,
              String.format(Locale.ROOT, "Step %,d of %,d, %s.", step, totalSteps, state),
              RunLog.read(directory.metrics()),
              confusions,
              shown,
              Files.exists(directory.runFile()) ? Files.readString(directory.runFile()) : "",
              AtomicFile.readJson(directory.provenance()));
      AtomicFile.writeText(directory.report(), page.toHtml());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
