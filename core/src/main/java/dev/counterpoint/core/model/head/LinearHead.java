package dev.counterpoint.core.model.head;

import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.UnaryLayer;

/** One linear layer, initialized as {@link Linear}. */
public record LinearHead() implements HeadConfig {
  @Override
  public UnaryLayer build(Size size) {
    return new Linear(size.width(), size.outputs(), size.hasBias());
  }
}
