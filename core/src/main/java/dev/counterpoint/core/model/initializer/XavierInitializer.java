package dev.counterpoint.core.model.initializer;

import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Initializer;
import java.util.Optional;

/**
 * Uniform distribution with bound sqrt(6 / (inputs + outputs)) for the weights of linear layers,
 * and 0 for biases: {@code torch.nn.init.xavier_uniform_} (Glorot and Bengio 2010). Embeddings and
 * norms keep the initial values of their layers.
 */
public record XavierInitializer() implements InitializerConfig {
  @Override
  public Optional<Initializer> of(String name, Shape shape) {
    if (name.endsWith("bias")) {
      return Optional.of(Initializer.zeros());
    }
    if (shape.dimension() != 2
        || name.matches("body\\.(tokens(\\.table)?|positions|ngrams\\..*)\\.weight")) {
      return Optional.empty();
    }
    double bound = Math.sqrt(6.0 / (shape.get(0) + shape.get(1)));
    return Optional.of(Initializer.uniform(-bound, bound));
  }
}
