package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.DataSpec;
import java.io.IOException;

/**
 * Data source that can also read other files of its kind, to evaluate a trained model on data that
 * its run did not name. Token and label ids are those of the model; no training data is read.
 */
public interface EvaluationSource extends DataSource {
  /** The name of the split that {@link #openFile} returns. */
  String SPLIT = "data";

  /**
   * Opens one file as the split {@link #SPLIT}, with the settings of this source.
   *
   * @param path the file, resolved by the context
   * @param trained the specification that the model was built for
   * @param context a context with the tokenizer of the model
   * @throws dev.counterpoint.core.settings.InvalidSettings if the file is invalid or has a label
   *     that the model was not trained with
   */
  DataSplits openFile(String path, DataSpec trained, DataContext context) throws IOException;
}
