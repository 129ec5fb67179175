package dev.counterpoint.core.callback.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.callback.tensorboard.proto.Event;
import dev.counterpoint.core.callback.tensorboard.proto.HistogramProto;
import dev.counterpoint.core.callback.tensorboard.proto.Summary;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.MeanSquaredError;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TensorBoardTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final TrainingStart START = new TrainingStart(0, 100, 1, List.of(), null);

  @TempDir private Path directory;

  @Test
  void theFileBeginsWithTheVersionOfItsFormat() throws IOException {
    board(10).onStart(START);

    assertThat(events(directory).get(0).getFileVersion()).isEqualTo("brain.Event:2");
  }

  @Test
  void theCurvesHaveAPointEveryNSteps() throws IOException {
    TensorBoard board = board(3);
    board.onStart(START);
    for (int step = 1; step <= 7; step++) {
      board.onStep(report(step));
    }

    assertThat(scalars(directory).get("train/loss")).containsExactly("3: 0.3", "6: 0.6");
    assertThat(scalars(directory).get("train/gradientNorm")).containsExactly("3: 1.5", "6: 3.0");
    assertThat(scalars(directory).get("train/learningRate")).containsExactly("3: 0.01", "6: 0.01");
    assertThat(scalars(directory).get("train/itemsPerSecond"))
        .containsExactly("3: 64.0", "6: 64.0");
    assertThat(scalars(directory).get("train/tokensPerSecond"))
        .containsExactly("3: 640.0", "6: 640.0");
  }

  @Test
  void aValidationHasAPointForEachOverallMetric() throws IOException {
    TensorBoard board = board(10);
    board.onStart(START);
    board.onValidation(validation(4));

    assertThat(scalars(directory))
        .containsOnlyKeys("validation/loss", "validation/accuracy")
        .containsEntry("validation/accuracy", List.of("4: 0.5"));
  }

  @Test
  void theRunFileIsAText() throws IOException {
    Files.writeString(directory.resolve("run.yaml"), "name: mine\nmodel: {type: own}\n");
    board(10).onStart(START);

    Summary.Value text = events(directory).get(1).getSummary().getValue(0);
    assertThat(text.getTag()).isEqualTo("run.yaml");
    assertThat(text.getMetadata().getPluginData().getPluginName()).isEqualTo("text");
    assertThat(text.getTensor().getStringVal(0).toStringUtf8())
        .isEqualTo("    name: mine\n    model: {type: own}\n");
  }

  @Test
  void aResumedRunWritesItsRunFileAgainOnlyIfItChanged() throws IOException {
    Files.writeString(directory.resolve("run.yaml"), "epochs: 1\n");
    board(10).onStart(START);
    board(10).onStart(new TrainingStart(5, 100, 1, List.of(), null));
    assertThat(events(directory)).hasSize(2);

    Files.writeString(directory.resolve("run.yaml"), "epochs: 2\n");
    board(10).onStart(new TrainingStart(6, 100, 1, List.of(), null));
    assertThat(events(directory)).hasSize(3);
  }

  @Test
  void anIncompleteEventIsTruncated() throws IOException {
    TensorBoard board = board(1);
    board.onStart(START);
    board.onStep(report(1));
    byte[] whole = Files.readAllBytes(file(directory));
    Files.write(file(directory), new byte[] {7, 0, 0}, StandardOpenOption.APPEND);
    board(1).onStart(new TrainingStart(1, 100, 1, List.of(), null));

    assertThat(Files.readAllBytes(file(directory))).isEqualTo(whole);
  }

  /** A checkpoint may be saved between the last step of an epoch and its validation. */
  @Test
  void aRepeatedValidationIsNotWrittenAgain() throws IOException {
    TensorBoard board = board(1);
    board.onStart(START);
    board.onStep(report(4));
    board.onValidation(validation(4));
    TensorBoard again = board(1);
    again.onStart(new TrainingStart(4, 100, 1, List.of(), null));
    again.onValidation(validation(4));

    assertThat(scalars(directory).get("validation/loss")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5, 7, 10, 14})
  void aKilledRunHasTheSameEventsAsAnUninterruptedRun(int kill) throws IOException {
    Path whole = Files.createDirectory(directory.resolve("whole"));
    Path killed = Files.createDirectory(directory.resolve("killed"));
    train(whole, Long.MAX_VALUE);
    assertThatThrownBy(() -> train(killed, kill)).hasMessage("killed");
    train(killed, Long.MAX_VALUE);

    assertThat(withoutTime(killed)).isEqualTo(withoutTime(whole));
  }

  @Test
  void writesHistogramsOfParametersAndGradients() throws IOException {
    train(directory, Long.MAX_VALUE);

    List<String> tags = new ArrayList<>();
    for (Event event : events(directory)) {
      for (Summary.Value value : event.getSummary().getValueList()) {
        if (value.hasHisto()) {
          tags.add(event.getStep() + " " + value.getTag());
          assertThat(value.getHisto().getNum()).isEqualTo(value.getTag().endsWith("bias") ? 1 : 2);
        }
      }
    }
    assertThat(tags)
        .hasSize(4 * 7)
        .startsWith(
            "2 gradients/head.weight",
            "2 gradients/head.bias",
            "2 parameters/head.weight",
            "2 parameters/head.bias",
            "4 gradients/head.weight");
  }

  /** The norm of the histograms equals the norm after clipping. */
  @Test
  void gradientHistogramsAreOfScaledAndClippedGradients() throws IOException {
    train(directory, Long.MAX_VALUE);

    for (Event event : events(directory)) {
      double squares = 0;
      double norm = 0;
      for (Summary.Value value : event.getSummary().getValueList()) {
        if (value.getTag().startsWith("gradients/")) {
          squares += value.getHisto().getSumSquares();
        } else if (value.getTag().equals("train/gradientNorm")) {
          norm = Math.min(1, value.getSimpleValue());
        }
      }
      assertThat(Math.sqrt(squares)).isCloseTo(norm, org.assertj.core.data.Offset.offset(1e-5));
    }
  }

  @Test
  void anIntervalMustBePositive() {
    assertThatThrownBy(() -> new TensorBoard.Config(true, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("every 0 must be greater than 0");
  }

  private TensorBoard board(int every) {
    return new TensorBoard(new TensorBoard.Config(false, every), directory, new Line());
  }

  @Test
  @EnabledIfEnvironmentVariable(named = "COUNTERPOINT_PYTHON", matches = ".+")
  void theInstalledTensorBoardReadsTheSameValuesAndSteps() throws Exception {
    Files.writeString(directory.resolve("run.yaml"), "name: caf\u00e9\nseed: 1\n");
    train(directory, -1);
    List<String> expected = new ArrayList<>();
    for (Event event : events(directory)) {
      for (Summary.Value value : event.getSummary().getValueList()) {
        expected.add(
            JSON.valueToTree(List.of(value.getTag(), event.getStep(), content(value))).toString());
      }
    }

    List<String> read = eventAccumulator(directory.resolve("tensorboard"));

    assertThat(expected)
        .anyMatch(it -> it.startsWith("[\"train/loss\",2,"))
        .anyMatch(it -> it.startsWith("[\"validation/loss\",5,"))
        .anyMatch(it -> it.startsWith("[\"gradients/head.weight\",2,["))
        .anyMatch(it -> it.equals("[\"run.yaml\",0,\"    name: caf\u00e9\\n    seed: 1\\n\"]"));
    assertThat(read).containsExactlyInAnyOrderElementsOf(expected);
  }

  /** A number, the numbers of a histogram, or a text. */
  private static Object content(Summary.Value value) {
    if (value.hasTensor()) {
      return value.getTensor().getStringVal(0).toStringUtf8();
    }
    HistogramProto it = value.getHisto();
    return value.hasHisto()
        ? List.of(
            List.of(it.getMin(), it.getMax(), it.getNum(), it.getSum(), it.getSumSquares()),
            it.getBucketList(),
            it.getBucketLimitList())
        : (double) value.getSimpleValue();
  }

  /** Each value in a folder as tag, step and content, by TensorBoard's own reader. */
  private static List<String> eventAccumulator(Path folder) throws Exception {
    String script =
        """
        import json, sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1], {"scalars": 0, "histograms": 0, "tensors": 0})
        events.Reload()
        tags = events.Tags()
        for tag in tags["scalars"]:
            for it in events.Scalars(tag):
                print(json.dumps([tag, it.step, it.value]))
        for tag in tags["histograms"]:
            for it in events.Histograms(tag):
                h = it.histogram_value
                sums = [h.min, h.max, h.num, h.sum, h.sum_squares]
                print(json.dumps([tag, it.step, [sums, list(h.bucket), list(h.bucket_limit)]]))
        for tag in tags["tensors"]:
            assert events.SummaryMetadata(tag).plugin_data.plugin_name == "text"
            for it in events.Tensors(tag):
                print(json.dumps([tag, it.step, it.tensor_proto.string_val[0].decode()]))
        """;
    ProcessBuilder python =
        new ProcessBuilder(System.getenv("COUNTERPOINT_PYTHON"), "-c", script, folder.toString());
    Process process = python.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    List<String> values = new ArrayList<>();
    for (String line : out.lines().toList()) {
      values.add(JSON.readTree(line).toString());
    }
    return values;
  }

  /** Trains three epochs of five steps, with a point every two steps, and kills after a step. */
  private static void train(Path directory, long kill) {
    try (BaseModel model = new Line()) {
      Callback board = new TensorBoard(new TensorBoard.Config(true, 2), directory, model);
      Callback killer =
          new Callback() {
            @Override
            public void onStep(StepReport report) {
              if (report.step() == kill) {
                throw new IllegalStateException("killed");
              }
            }
          };
      RunOptions options =
          new RunOptions(
              1,
              List.of(board, killer),
              new StopSignal(),
              new CheckpointStore(directory.resolve("checkpoints"), 2),
              new CheckpointPolicy(3, 2, null));
      TrainingConfig config = TrainingConfig.defaults().withEpochs(3).withBatchSize(4);
      new Trainer(model, TrainingStrategy.singleProcess(), config, options).train(points());
    }
  }

  private static DataSplits points() {
    float[][] points = new float[18][2];
    float[][] targets = new float[18][1];
    for (int i = 0; i < points.length; i++) {
      points[i][0] = i - 9;
      points[i][1] = i % 3;
      targets[i][0] = 2 * i;
    }
    ArrayDataset items = ArrayDataset.ofTargets(points, targets);
    return DataSplits.of(
        DataSpec.ofFeatures(0, List.of()),
        Map.of("train", items, "validation", items),
        List.of(),
        "");
  }

  private static final class Line extends BaseModel {
    private final Linear head = new Linear(2, 1);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return new MeanSquaredError();
    }
  }

  private static StepReport report(int step) {
    return new StepReport(step, 1, step / 10.0, 32, 0.01, step / 2.0, 32, 320, 0.5, 0, Map.of());
  }

  private static ValidationReport validation(int step) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 0.25);
    values.put("accuracy", 0.5);
    values.put("f1.good", 0.75);
    return new ValidationReport(step, 1, new Evaluation(values, 10, List.of()));
  }

  /** All events without their times and speeds. */
  private static List<String> withoutTime(Path directory) throws IOException {
    List<String> events = new ArrayList<>();
    for (Event event : events(directory)) {
      Event.Builder bare = event.toBuilder().clearWallTime();
      if (event.hasSummary()) {
        bare.getSummaryBuilder().clearValue();
        event.getSummary().getValueList().stream()
            .filter(value -> !value.getTag().endsWith("PerSecond"))
            .forEach(bare.getSummaryBuilder()::addValue);
      }
      events.add(bare.build().toString());
    }
    return events;
  }

  private static Map<String, List<String>> scalars(Path directory) throws IOException {
    Map<String, List<String>> scalars = new LinkedHashMap<>();
    for (Event event : events(directory)) {
      for (Summary.Value value : event.getSummary().getValueList()) {
        if (value.hasSimpleValue()) {
          scalars
              .computeIfAbsent(value.getTag(), tag -> new ArrayList<>())
              .add(event.getStep() + ": " + value.getSimpleValue());
        }
      }
    }
    return scalars;
  }

  private static List<Event> events(Path directory) throws IOException {
    byte[] bytes = Files.readAllBytes(file(directory));
    DataInputStream stream = new DataInputStream(new ByteArrayInputStream(bytes));
    List<Event> events = new ArrayList<>();
    for (byte[] record = RecordFrame.read(stream, stream.available());
        record != null;
        record = RecordFrame.read(stream, stream.available())) {
      events.add(Event.parseFrom(record));
    }
    assertThat(stream.available()).isZero();
    return events;
  }

  private static Path file(Path directory) {
    return directory.resolve("tensorboard/events.out.tfevents.counterpoint");
  }
}
