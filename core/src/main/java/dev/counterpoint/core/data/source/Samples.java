package dev.counterpoint.core.data.source;

import dev.counterpoint.core.model.BaseModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Shows people what a model does, by what the data knows to ask it. */
@FunctionalInterface
public interface Samples {
  /**
   * Something that a model was asked.
   *
   * @param given what it was asked
   * @param made what it made of that
   * @param verdict whether that is right, where it is known; else empty
   */
  record Sample(String given, String made, String verdict) {}

  /** What a model does now; it is put into evaluation. */
  List<Sample> of(BaseModel model) throws IOException;

  /** Nothing to show. */
  static Samples none() {
    return model -> List.of();
  }

  /** The same of a model in the course of training, which goes on as if it had not been asked. */
  default List<Sample> duringTraining(BaseModel model) {
    boolean training = model.training();
    model.setTraining(false);
    try {
      return of(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      model.setTraining(training);
    }
  }
}
