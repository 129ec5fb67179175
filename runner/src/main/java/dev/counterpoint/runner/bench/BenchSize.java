package dev.counterpoint.runner.bench;

import ai.djl.Device;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.models.bert.BertArchitecture;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Architecture;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.transformer.TransformerConfig;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What is computed in a step: a training step of an encoder of four layers that tells two classes
 * apart, without dropout, so that all contenders compute the same; of a published architecture in
 * its full size, with its dropout of 0.1; or one token of a text that is generated.
 */
public enum BenchSize {
  SMALL(Family.ENCODER, 64, 4, 4, 8192, 8, 32, 20),
  MIDDLE(Family.ENCODER, 256, 4, 4, 8192, 16, 128, 4),
  /** As wide as BERT base. */
  LARGE(Family.ENCODER, 768, 4, 12, 8192, 8, 128, 2),
  /** BERT base with a classifier, 110 million parameters. */
  BERT(Family.BERT, 768, 12, 12, 30_522, 8, 128, 2),
  /** The small GPT-2, 124 million parameters. */
  GPT2(Family.GPT2, 768, 12, 12, 50_257, 8, 128, 2),
  /** The same GPT-2, which goes on with 32 tokens; a step is a token. */
  GENERATE(Family.GPT2, 768, 12, 12, 50_257, 1, 32, 32);

  static final int CLASSES = 2;

  private final Family family;
  private final int width;
  private final int layers;
  private final int heads;
  private final int vocabulary;
  private final int batch;
  private final int tokens;
  private final int timed;

  /** Whose architecture it is. */
  enum Family {
    ENCODER,
    BERT,
    GPT2
  }

  BenchSize(
      Family family,
      int width,
      int layers,
      int heads,
      int vocabulary,
      int batch,
      int tokens,
      int timed) {
    this.family = family;
    this.width = width;
    this.layers = layers;
    this.heads = heads;
    this.vocabulary = vocabulary;
    this.batch = batch;
    this.tokens = tokens;
    this.timed = timed;
  }

  /** Those that all contenders know. */
  public static Set<BenchSize> encoders() {
    return EnumSet.of(SMALL, MIDDLE, LARGE);
  }

  Family family() {
    return family;
  }

  /** Whether a bare loop and EasyTrain know it too. */
  boolean isEncoder() {
    return family == Family.ENCODER;
  }

  /** Whether a step is a token. */
  boolean generates() {
    return this == GENERATE;
  }

  int width() {
    return width;
  }

  int layers() {
    return layers;
  }

  int heads() {
    return heads;
  }

  int vocabulary() {
    return vocabulary;
  }

  /** Items a step. */
  int batch() {
    return batch;
  }

  /** Tokens an item. */
  int tokens() {
    return tokens;
  }

  /** Steps of a turn that are timed: more of them where they are short. */
  int timed() {
    return timed;
  }

  /** Steps of a turn before those: what the others left in the caches goes. */
  int warmUp() {
    return Math.max(1, timed / 4);
  }

  /**
   * Operations of the matrix products of a step: 12 width² weights a layer and the two products of
   * attention, a multiplication and an addition each, once forward and, in training, twice
   * backward; a language model's head has vocabulary times width weights more.
   */
  double operations() {
    double layer = 12.0 * width * width + 2.0 * tokens * width;
    double head = family == Family.GPT2 ? (double) vocabulary * width : 0;
    double token = 2.0 * (layers * layer + head);
    return generates() ? token : 3 * token * batch * tokens;
  }

  /** A new one on the processor; the same seed gives the same weights. */
  BaseModel model(Precision precision) {
    DataSpec data = DataSpec.ofText(vocabulary, 0, List.of("a", "b"));
    BaseModel model =
        switch (family) {
          case ENCODER -> encoder().build(data);
          case BERT -> new BertConfig(BertConfig.Task.CLASSIFICATION, null, bert()).build(data);
          case GPT2 -> new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, null, gpt2()).build(data);
        };
    model.initialize(Device.cpu(), 1);
    model.setPrecision(precision);
    model.setTraining(true);
    return model;
  }

  private TransformerConfig encoder() {
    return new TransformerConfig(
        TransformerConfig.Task.CLASSIFICATION,
        width,
        layers,
        heads,
        tokens,
        4,
        0,
        Activation.GELU,
        new MultiHeadAttention.Config(),
        1,
        1,
        false);
  }

  private BertArchitecture bert() {
    return new BertArchitecture(
        vocabulary,
        width,
        layers,
        heads,
        4 * width,
        512,
        2,
        Activation.GELU,
        0.1,
        0.1,
        null,
        1e-12,
        0.02);
  }

  private Gpt2Architecture gpt2() {
    return new Gpt2Architecture(
        vocabulary,
        width,
        layers,
        heads,
        null,
        1024,
        Activation.GELU_TANH,
        0.1,
        0.1,
        0.1,
        1e-5,
        0.02);
  }
}
