package dev.counterpoint.runner.bench;

import ai.djl.Device;
import com.google.errorprone.annotations.Immutable;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.bert.BertArchitecture;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Architecture;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.transformer.TransformerConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The workload of a benchmark step: a training step of a four-layer encoder with a binary
 * classifier, without dropout, so that all contenders compute the same; a training step of a
 * pretrained architecture in its full size, with dropout 0.1; or the generation of one token.
 */
public enum BenchSize {
  SMALL(new Dimensions(Family.ENCODER, 64, 4, 4, 8192, 8, 32), 20),
  MIDDLE(new Dimensions(Family.ENCODER, 256, 4, 4, 8192, 16, 128), 4),
  /** An encoder with the width of BERT base. */
  LARGE(new Dimensions(Family.ENCODER, 768, 4, 12, 8192, 8, 128), 2),
  /** BERT base with a classifier, 110 million parameters. */
  BERT(new Dimensions(Family.BERT, 768, 12, 12, 30_522, 8, 128), 2),
  /** GPT-2 small, 124 million parameters. */
  GPT2(new Dimensions(Family.GPT2, 768, 12, 12, 50_257, 8, 128), 2),
  /** Generation with the same GPT-2: a prompt of 32 tokens, one generated token per step. */
  GENERATE(new Dimensions(Family.GPT2, 768, 12, 12, 50_257, 1, 32), 32);

  static final int CLASSES = 2;

  private final Dimensions dimensions;
  private final int timed;

  /** The architecture of the model. */
  enum Family {
    ENCODER,
    BERT,
    GPT2
  }

  /**
   * The model and its input.
   *
   * @param batch the number of examples per step
   * @param tokens the number of tokens per example
   */
  @Immutable
  record Dimensions(
      Family family, int width, int layers, int heads, int vocabulary, int batch, int tokens) {}

  BenchSize(Dimensions dimensions, int timed) {
    this.dimensions = dimensions;
    this.timed = timed;
  }

  Dimensions dimensions() {
    return dimensions;
  }

  /** Whether the bare loop and DJL's EasyTrain support a model of this size. */
  boolean isEncoder() {
    return dimensions.family() == Family.ENCODER;
  }

  /** Whether a step generates one token instead of training. */
  boolean generates() {
    return this == GENERATE;
  }

  /** The number of timed steps per turn; larger for short steps. */
  int timed() {
    return timed;
  }

  /** The number of warm-up steps per turn, which replace the other contenders' cache contents. */
  int warmUp() {
    return Math.max(1, timed / 4);
  }

  /**
   * The number of floating-point operations in the matmuls of a step. Each layer has 12 width²
   * weights and two attention matmuls, and a language model's head has vocabulary × width weights.
   * Each weight costs a multiplication and an addition, once in the forward pass and, in training,
   * twice in the backward pass.
   */
  double operations() {
    double width = dimensions.width();
    double tokens = dimensions.tokens();
    double layer = 12.0 * width * width + 2.0 * tokens * width;
    double head = dimensions.family() == Family.GPT2 ? dimensions.vocabulary() * width : 0;
    double token = 2.0 * (dimensions.layers() * layer + head);
    return generates() ? token : 3 * token * dimensions.batch() * tokens;
  }

  /** A new model on the CPU in training mode, always with the same random weights. */
  BaseModel model(Precision precision) {
    DataSpec data = DataSpec.ofText(dimensions.vocabulary(), 0, List.of("a", "b"));
    BaseModel model =
        switch (dimensions.family()) {
          case ENCODER -> encoder().build(data);
          case BERT -> new BertConfig(BertConfig.Task.CLASSIFICATION, null, bert()).build(data);
          case GPT2 -> new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, null, gpt2()).build(data);
        };
    model.initialize(Device.cpu(), 1);
    model.setPrecision(precision);
    model.setTraining(true);
    return model;
  }

  /** An architecture with the dimensions of this size, and other changes. */
  private <A extends Record> A sized(A architecture, int maxLength, Map<String, ?> changes) {
    Map<String, Object> sizes = new HashMap<>(changes);
    sizes.put("width", dimensions.width());
    sizes.put("layers", dimensions.layers());
    sizes.put("heads", dimensions.heads());
    sizes.put("maxLength", maxLength);
    return RecordCopy.with(architecture, sizes);
  }

  private TransformerConfig encoder() {
    return sized(TransformerConfig.defaults(), dimensions.tokens(), Map.of("dropout", 0.0));
  }

  private BertArchitecture bert() {
    return sized(
        BertArchitecture.defaults(),
        512,
        Map.of("vocabularySize", dimensions.vocabulary(), "intermediate", 4 * dimensions.width()));
  }

  private Gpt2Architecture gpt2() {
    Map<String, Integer> vocabulary = Map.of("vocabularySize", dimensions.vocabulary());
    return sized(Gpt2Architecture.defaults(), 1024, vocabulary);
  }
}
