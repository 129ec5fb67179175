package dev.counterpoint.core.model.initializer;

import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Initializer;
import java.util.Optional;

/** Each layer initializes its own parameters. */
public record LayerInitializer() implements InitializerConfig {
  /** The initializer; it has no settings. */
  public static LayerInitializer defaults() {
    return new LayerInitializer();
  }

  @Override
  public Optional<Initializer> of(String name, Shape shape) {
    return Optional.empty();
  }
}
