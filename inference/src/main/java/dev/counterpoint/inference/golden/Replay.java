package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The forward passes of a model for some inputs, and its predictions.
 *
 * <p>Outputs are those of {@link Predictor}, so that every task has them. More than {@value
 * #MAX_OUTPUTS} of one example, as for each token of a text, are reduced to that many means, so
 * that the file stays small.
 */
record Replay(List<Predictor.Pass> passes, List<ObjectNode> predictions) {
  private static final int MAX_OUTPUTS = 64;

  private static Replay of(JsonPredictor predictor, List<ModelInput> inputs) {
    List<ObjectNode> predictions = new ArrayList<>();
    List<Predictor.Pass> passes =
        Predictor.trace(() -> predictions.addAll(predictor.predict(inputs)));
    return new Replay(passes, predictions);
  }

  /**
   * Computes the outputs for inputs, each alone and all in one batch.
   *
   * @throws InvalidSettings if the model does not accept an input
   */
  static List<GoldenFile.Example> examples(Pipeline pipeline, List<ObjectNode> inputs) {
    JsonPredictor predictor = new JsonPredictor(pipeline, null, EntityPredictor.Words.TEXT);
    InputReader reader = InputReader.of(pipeline, null);
    List<ModelInput> read = inputs.stream().map(it -> reader.read("A golden example", it)).toList();
    Replay batch = of(predictor, read);
    List<float[]> rows = batch.rows();
    List<GoldenFile.Example> examples = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < read.size(); i++) {
      Replay alone = of(predictor, List.of(read.get(i)));
      int to = Math.min(from + alone.rows().size(), rows.size());
      String both = alone.predictions.get(0) + "\n" + batch.predictions.get(i);
      examples.add(
          new GoldenFile.Example(
              inputs.get(i),
              alone.ids(),
              reduced(alone.rows()),
              reduced(rows.subList(from, to)),
              Sha256.of(both)));
      from = to;
    }
    return examples;
  }

  private List<Long> ids() {
    return passes.stream()
        .flatMap(it -> Optional.ofNullable(it.inputs().tensors().get(Batch.IDS)).stream())
        .flatMap(it -> Arrays.stream(it.longs()).boxed())
        .toList();
  }

  /** The outputs of each row of all batches; a long text has several rows. */
  private List<float[]> rows() {
    List<float[]> rows = new ArrayList<>();
    for (Predictor.Pass pass : passes) {
      float[] all = pass.outputs().floats();
      int width = all.length / pass.inputs().size();
      for (int row = 0; row < pass.inputs().size(); row++) {
        rows.add(Arrays.copyOfRange(all, row * width, (row + 1) * width));
      }
    }
    return rows;
  }

  private static List<Float> reduced(List<float[]> rows) {
    int count = rows.stream().mapToInt(it -> it.length).sum();
    int groups = Math.min(count, MAX_OUTPUTS);
    double[] sums = new double[groups];
    int at = 0;
    for (float[] row : rows) {
      for (float output : row) {
        sums[at++ % groups] += output;
      }
    }
    return Arrays.stream(sums).mapToObj(sum -> (float) (sum * groups / count)).toList();
  }
}
