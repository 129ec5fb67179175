package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.model.PredictionTrace;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The outputs of a model for inputs, each alone and all in one batch.
 *
 * <p>Outputs are those of {@link dev.counterpoint.core.model.Predictor}, so that every task has
 * them. More than {@value #MAX_OUTPUTS} of one example, as for each token of a text, are reduced to
 * that many means, so that the file stays small.
 *
 * @param noise the largest difference between outputs alone and in the batch, relative to the
 *     largest output of the example, but at least to 1: rounding, unless the model depends on the
 *     padding
 */
record Replay(List<GoldenFile.Example> examples, double noise) {
  private static final int MAX_OUTPUTS = 64;

  /** The forward passes for some inputs, and the predictions. */
  private record Run(List<PredictionTrace.Pass> passes, List<ObjectNode> predictions) {
    static Run of(JsonPredictor predictor, List<ModelInput> inputs) {
      try (PredictionTrace trace = PredictionTrace.start()) {
        List<ObjectNode> predictions = predictor.predict(inputs);
        return new Run(trace.passes(), predictions);
      }
    }

    /** The outputs of each row of all batches. */
    List<float[]> rows() {
      List<float[]> rows = new ArrayList<>();
      for (PredictionTrace.Pass pass : passes) {
        float[] all = pass.outputs().floats();
        int width = all.length / pass.inputs().size();
        for (int from = 0; from < all.length; from += width) {
          rows.add(Arrays.copyOfRange(all, from, from + width));
        }
      }
      return rows;
    }

    Map<String, List<List<Long>>> encoded() {
      Map<String, List<List<Long>>> encoded = new TreeMap<>();
      for (PredictionTrace.Pass pass : passes) {
        pass.inputs()
            .tensors()
            .forEach(
                (name, tensor) -> {
                  if (tensor.isInteger() && !name.equals(Batch.MASK)) {
                    encoded
                        .computeIfAbsent(name, it -> new ArrayList<>())
                        .addAll(integers(tensor, pass.inputs().size()));
                  }
                });
      }
      return encoded;
    }
  }

  private static List<List<Long>> integers(HostTensor tensor, int rows) {
    int width = tensor.longs().length / rows;
    List<Long> all = Arrays.stream(tensor.longs()).boxed().toList();
    List<List<Long>> lists = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      lists.add(List.copyOf(all.subList(row * width, (row + 1) * width)));
    }
    return lists;
  }

  /**
   * Computes the outputs for inputs, of which there is at least one.
   *
   * @throws InvalidSettings if the model does not accept an input
   */
  static Replay of(Pipeline pipeline, List<ObjectNode> inputs) {
    JsonPredictor predictor = new JsonPredictor(pipeline, null, EntityPredictor.Words.TEXT);
    InputReader reader = InputReader.of(pipeline, null);
    List<ModelInput> read = new ArrayList<>();
    for (ObjectNode input : inputs) {
      read.add(reader.read("Golden example " + (read.size() + 1), input));
    }
    Run batch = Run.of(predictor, read);
    List<float[]> batchRows = batch.rows();
    List<GoldenFile.Example> examples = new ArrayList<>();
    double noise = 0;
    int from = 0;
    for (int i = 0; i < read.size(); i++) {
      Run alone = Run.of(predictor, List.of(read.get(i)));
      List<float[]> aloneRows = alone.rows();
      int to = Math.min(from + aloneRows.size(), batchRows.size());
      List<float[]> own = batchRows.subList(from, to);
      noise = Math.max(noise, noise(aloneRows, own));
      String both = alone.predictions().get(0) + "\n" + batch.predictions().get(i);
      examples.add(
          new GoldenFile.Example(
              inputs.get(i),
              alone.encoded(),
              reduced(aloneRows),
              reduced(own),
              Sha256.of(both.getBytes(StandardCharsets.UTF_8))));
      from = to;
    }
    return new Replay(examples, noise);
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
    List<Float> means = new ArrayList<>();
    for (int group = 0; group < groups; group++) {
      int size = count / groups + (group < count % groups ? 1 : 0);
      means.add((float) (sums[group] / size));
    }
    return means;
  }

  /** Rows that are padded in the batch have more outputs there, and are not compared. */
  private static double noise(List<float[]> alone, List<float[]> batch) {
    double noise = 0;
    for (int row = 0; row < Math.min(alone.size(), batch.size()); row++) {
      float[] one = alone.get(row);
      float[] other = batch.get(row);
      double largest = 1;
      double difference = 0;
      for (int i = 0; i < one.length && one.length == other.length; i++) {
        if (Float.isFinite(one[i])) {
          largest = Math.max(largest, Math.abs(one[i]));
          difference = Math.max(difference, Math.abs((double) one[i] - other[i]));
        }
      }
      noise = Math.max(noise, difference / largest);
    }
    return noise;
  }
}
