package dev.counterpoint.core.model;

import dev.counterpoint.core.data.DataSpec;

/** Settings of a model: the {@code model:} section of a run file. An implementation is a record. */
public interface ModelConfig {
  /** Creates the model for data of the given form. */
  BaseModel build(DataSpec data);

  /**
   * The maximum number of tokens per example. A record component named {@code maxLength} implements
   * it; the default is unlimited.
   */
  default int maxLength() {
    return Integer.MAX_VALUE;
  }
}
