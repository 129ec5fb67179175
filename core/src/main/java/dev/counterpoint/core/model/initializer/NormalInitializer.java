package dev.counterpoint.core.model.initializer;

import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.settings.Checks;
import java.util.Optional;

/**
 * Normal distribution for weights and embeddings, and 0 for biases, as in BERT and GPT-2. The
 * scales of norms remain 1.
 *
 * @param deviation the standard deviation; the mean is 0
 */
public record NormalInitializer(double deviation) implements InitializerConfig {
  public NormalInitializer {
    new Checks().positive("deviation", deviation).verify();
  }

  /** Standard deviation 0.02. */
  public static NormalInitializer defaults() {
    return new NormalInitializer(0.02);
  }

  @Override
  public Optional<Initializer> of(String name, Shape shape) {
    if (shape.dimension() > 1) {
      return Optional.of(Initializer.normal(0, deviation));
    }
    return name.endsWith("bias") ? Optional.of(Initializer.zeros()) : Optional.empty();
  }
}
