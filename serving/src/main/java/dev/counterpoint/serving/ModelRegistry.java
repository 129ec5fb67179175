package dev.counterpoint.serving;

import java.util.Collection;

/** Finds models by name, version and alias. Thread-safe. */
public interface ModelRegistry {
  /**
   * Returns a lease of a model, which the caller closes.
   *
   * @throws PredictionFailed if there is no such model
   */
  ModelLease getModel(ModelId id);

  /** The models that can be leased. */
  Collection<ModelId> models();
}
