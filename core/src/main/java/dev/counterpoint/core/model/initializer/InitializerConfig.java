package dev.counterpoint.core.model.initializer;

import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import java.util.Optional;

/**
 * Initial values of the parameters of a model: {@code model.initializer} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface InitializerConfig {
  /**
   * The initializer of a parameter; empty for the initializer of its layer.
   *
   * @param name the dotted path, such as {@code body.blocks.0.attention.query.weight}
   */
  Optional<Initializer> of(String name, Shape shape);

  /** Sets the initializers of a model that is not initialized yet. */
  default void applyTo(BaseModel model) {
    for (Parameter parameter : model.parameters()) {
      of(parameter.name(), parameter.shape()).ifPresent(parameter::setInitializer);
    }
  }
}
