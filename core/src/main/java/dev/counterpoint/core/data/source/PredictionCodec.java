package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * How a user-defined task predicts: it encodes texts for the model, and decodes the outputs. A data
 * source returns it as {@link DataSplits#prediction}; {@code predict} and pipelines use it.
 */
public interface PredictionCodec extends PredictionSettings {
  /**
   * Encodes texts, one example each.
   *
   * @param folder the folder of the model, with the files of {@link DataSplits#files}
   * @throws dev.counterpoint.core.settings.InvalidSettings if a text is not an input of the model
   */
  HostBatch encode(List<String> texts, Path folder) throws IOException;

  /**
   * Decodes outputs into results, one for each example. {@code predict} prints {@code toString()},
   * or with {@code --json} the result as JSON.
   *
   * @param outputs the output of the model, float32; the first dimension is the example
   */
  List<?> decode(HostTensor outputs);
}
