package dev.counterpoint.core.data.source;

import com.fasterxml.jackson.annotation.JsonAlias;
import dev.counterpoint.core.model.BaseModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Generates example predictions of a model, for people to read. */
@FunctionalInterface
public interface Samples {
  /**
   * One example prediction.
   *
   * @param prompt the model's input
   * @param output the model's output
   * @param verdict whether the output is correct; empty if that is unknown
   */
  record Sample(
      @JsonAlias("given") String prompt, @JsonAlias("made") String output, String verdict) {}

  /** Returns example predictions of the model, which is switched to evaluation mode. */
  List<Sample> of(BaseModel model) throws IOException;

  /** Produces no samples. */
  static Samples none() {
    return model -> List.of();
  }

  /**
   * Returns example predictions during training. The model's training mode is restored afterwards,
   * so that training continues unaffected.
   */
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
