package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.DataSpec;
import java.io.IOException;

/**
 * A data source that reads other files of its kind too, to measure a model on what its run did not
 * name. Tokens and labels have the numbers that the model knows them by; no training data is read.
 */
public interface EvaluationSource extends DataSource {
  /** The name of the one split that comes of a file. */
  String SPLIT = "data";

  /**
   * One file as the split {@link #SPLIT}, read with the settings of this source.
   *
   * @param path found by the context
   * @param trained what the model was built for
   * @param context whose tokenizer is the model's
   * @throws dev.counterpoint.core.settings.InvalidSettings where the file is not as asked, or has a
   *     label that the model does not know
   */
  DataSplits heldOut(String path, DataSpec trained, DataContext context) throws IOException;
}
