package dev.counterpoint.core.callback.tensorboard;

import ai.djl.ndarray.NDArray;
import com.google.protobuf.ByteString;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.callback.tensorboard.proto.DataType;
import dev.counterpoint.core.callback.tensorboard.proto.Event;
import dev.counterpoint.core.callback.tensorboard.proto.HistogramProto;
import dev.counterpoint.core.callback.tensorboard.proto.Summary;
import dev.counterpoint.core.callback.tensorboard.proto.SummaryMetadata;
import dev.counterpoint.core.callback.tensorboard.proto.TensorProto;
import dev.counterpoint.core.callback.tensorboard.proto.TensorShapeProto;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.settings.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes TensorBoard logs to {@code tensorboard/} in the run directory: loss, learning rate,
 * gradient norm and speed of training steps, the validation metrics, the run file and, optionally,
 * histograms of parameters and gradients.
 *
 * <p>There is one event file. When a run resumes, events of steps after the checkpoint are removed
 * from the file, so that the curves have neither gaps nor duplicates; a running TensorBoard that
 * has already read these events must be restarted.
 */
public final class TensorBoard implements Callback.ObservesGradients, Callback.Flushable {
  private static final String RUN_FILE = "run.yaml";
  private static final String VALIDATION = "validation/";

  private final Config config;
  private final Path directory;
  private final BaseModel model;
  private @Nullable EventFile events;
  private Summary.Builder histograms = Summary.newBuilder();
  private String runFile = "";
  private long lastValidation = -1;
  private long examples;
  private long tokens;
  private double seconds;

  /**
   * Creates the callback of a run.
   *
   * @param directory the run directory
   */
  public TensorBoard(Config config, Path directory, BaseModel model) {
    this.config = config;
    this.directory = directory;
    this.model = model;
  }

  @Override
  public void onStart(TrainingStart start) {
    Path file = directory.resolve("tensorboard").resolve("events.out.tfevents.counterpoint");
    try {
      events = EventFile.after(start.step(), file, this::restore);
      Path yaml = directory.resolve(RUN_FILE);
      String text = Files.exists(yaml) ? codeBlock(Files.readString(yaml)) : "";
      if (!text.equals(runFile)) {
        append(start.step(), Summary.newBuilder().addValue(text(RUN_FILE, text)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Records an event that the file already contains, so that it is not written twice. */
  private void restore(Event event) {
    for (Summary.Value value : event.getSummary().getValueList()) {
      if (value.getTag().equals(RUN_FILE)) {
        runFile = value.getTensor().getStringVal(0).toStringUtf8();
      } else if (value.getTag().startsWith(VALIDATION)) {
        lastValidation = event.getStep();
      }
    }
  }

  @Override
  public boolean wantsGradients(long step) {
    return config.histograms() && isDue(step);
  }

  @Override
  public void onGradients(long step, List<Gradients.Gradient> gradients) {
    gradients.forEach(
        gradient -> addHistogram("gradients/" + gradient.parameter().name(), gradient.array()));
  }

  @Override
  public void onStep(StepReport report) {
    examples += report.examples();
    tokens += report.tokens();
    seconds += report.seconds();
    if (!isDue(report.step())) {
      return;
    }
    if (config.histograms()) {
      model.parameters().forEach(it -> addHistogram("parameters/" + it.name(), it.value()));
    }
    report.auxiliary().forEach((name, mean) -> histograms.addValue(scalar("train/" + name, mean)));
    append(
        report.step(),
        histograms
            .addValue(scalar("train/loss", report.loss()))
            .addValue(scalar("train/learningRate", report.learningRate()))
            .addValue(scalar("train/gradientNorm", report.gradientNorm()))
            .addValue(scalar("train/itemsPerSecond", examples / seconds))
            .addValue(scalar("train/tokensPerSecond", tokens / seconds)));
    histograms = Summary.newBuilder();
    examples = 0;
    tokens = 0;
    seconds = 0;
  }

  /** Writes the metrics, except for those of single classes: there can be hundreds of them. */
  @Override
  public void onValidation(ValidationReport report) {
    if (report.step() > lastValidation) {
      Summary.Builder summary = Summary.newBuilder();
      report
          .evaluation()
          .values()
          .forEach(
              (name, value) -> {
                if (!name.contains(".")) {
                  summary.addValue(scalar(VALIDATION + name, value));
                }
              });
      append(report.step(), summary);
    }
  }

  @Override
  public void sync() throws IOException {
    Objects.requireNonNull(events).sync();
  }

  private boolean isDue(long step) {
    return step % config.every() == 0;
  }

  private void addHistogram(String tag, NDArray array) {
    HistogramProto histogram = Histogram.of(array);
    if (histogram != null) {
      histograms.addValue(Summary.Value.newBuilder().setTag(tag).setHisto(histogram));
    }
  }

  private void append(long step, Summary.Builder summary) {
    try {
      Objects.requireNonNull(events).append(step, summary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Summary.Value scalar(String tag, double value) {
    return Summary.Value.newBuilder().setTag(tag).setSimpleValue((float) value).build();
  }

  /** A value of TensorBoard's text plug-in: a scalar tensor of one string. */
  private static Summary.Value text(String tag, String text) {
    return Summary.Value.newBuilder()
        .setTag(tag)
        .setMetadata(
            SummaryMetadata.newBuilder()
                .setPluginData(SummaryMetadata.PluginData.newBuilder().setPluginName("text")))
        .setTensor(
            TensorProto.newBuilder()
                .setDtype(DataType.DT_STRING)
                .setTensorShape(TensorShapeProto.getDefaultInstance())
                .addStringVal(ByteString.copyFromUtf8(text)))
        .build();
  }

  /** Formats a text as a Markdown code block, since TensorBoard shows texts as Markdown. */
  private static String codeBlock(String text) {
    return text.lines().map(line -> "    " + line + "\n").collect(Collectors.joining());
  }

  /**
   * Settings of the {@code tensorboard} callback.
   *
   * @param histograms whether histograms of every parameter and its gradient are also written
   * @param every the number of steps between two points of the curves and between two histograms
   */
  public record Config(boolean histograms, int every) implements CallbackConfig.OnlyReports {
    public Config {
      new Checks().positive("every", every).verify();
    }

    /** One point every 10 steps, without histograms. */
    public static Config defaults() {
      return new Config(false, 10);
    }

    @Override
    public Callback build(CallbackContext context) {
      return new TensorBoard(this, context.directory(), context.model());
    }
  }
}
