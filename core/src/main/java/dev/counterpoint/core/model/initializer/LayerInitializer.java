package dev.counterpoint.core.model.initializer;

import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Initializer;
import java.util.Optional;

/** Each layer initializes its own parameters. */
public record LayerInitializer() implements InitializerConfig {
  @Override
  public Optional<Initializer> of(String name, Shape shape) {
    return Optional.empty();
  }
}
