package dev.counterpoint.runner.bench;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.MultiHeadAttention;
import dev.counterpoint.models.transformer.TransformerConfig;
import java.util.List;

/**
 * An encoder of four layers that tells two classes apart, and its batch. It has no dropout, so that
 * all contenders compute the same.
 */
public enum EncoderSize {
  SMALL(64, 4, 8, 32, 20),
  MIDDLE(256, 4, 16, 128, 4),
  /** As wide as BERT base. */
  LARGE(768, 12, 8, 128, 2);

  static final int LAYERS = 4;
  static final int VOCABULARY = 8192;
  static final int CLASSES = 2;

  private final int width;
  private final int heads;
  private final int batch;
  private final int tokens;
  private final int timed;

  EncoderSize(int width, int heads, int batch, int tokens, int timed) {
    this.width = width;
    this.heads = heads;
    this.batch = batch;
    this.tokens = tokens;
    this.timed = timed;
  }

  int width() {
    return width;
  }

  int heads() {
    return heads;
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
   * attention, a multiplication and an addition each, once forward and twice backward.
   */
  double operations() {
    double layer = 12.0 * width * width + 2.0 * tokens * width;
    return 2.0 * 3 * LAYERS * layer * batch * tokens;
  }

  /** A new one on the processor; the same seed gives the same weights. */
  BaseModel model(Precision precision) {
    TransformerConfig config =
        new TransformerConfig(
            TransformerConfig.Task.CLASSIFICATION,
            width,
            LAYERS,
            heads,
            tokens,
            4,
            0,
            Activation.GELU,
            new MultiHeadAttention.Config(),
            1,
            1);
    BaseModel model = config.build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(ai.djl.Device.cpu(), 1);
    model.setPrecision(precision);
    model.setTraining(true);
    return model;
  }
}
