package dev.counterpoint.core.model.head;

import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Sequential;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.settings.Checks;

/**
 * Two linear layers with an activation and dropout between them, as {@code
 * RobertaClassificationHead} of Hugging Face, without its dropout of the input. Both layers are
 * initialized as {@link Linear}.
 *
 * @param activation activation of the first layer, whose output has the width of the model
 * @param dropout dropout probability between the two layers
 */
public record MlpHead(Activation activation, double dropout) implements HeadConfig {
  public MlpHead {
    new Checks().below("dropout", dropout, 0, 1).verify();
  }

  /** The activation tanh, and dropout 0.1. */
  public static MlpHead defaults() {
    return new MlpHead(Activation.TANH, 0.1);
  }

  @Override
  public UnaryLayer build(Size size) {
    return new Sequential(
        new Linear(size.width(), size.width()),
        activation,
        new Dropout(dropout),
        new Linear(size.width(), size.outputs(), size.hasBias()));
  }
}
