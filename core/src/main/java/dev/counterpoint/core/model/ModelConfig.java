package dev.counterpoint.core.model;

import dev.counterpoint.core.data.DataSpec;

/** A model's own settings: the {@code model:} of a run file. An implementation is a record. */
public interface ModelConfig {
  /** The model that these settings describe, for data of that kind. */
  BaseModel build(DataSpec data);

  /**
   * The most tokens of an item that the model takes; a record component of this name answers it.
   */
  default int maxLength() {
    return Integer.MAX_VALUE;
  }
}
