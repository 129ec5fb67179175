package dev.counterpoint.core.data.source;

import java.io.IOException;

/**
 * Where a run's items come from: the {@code data:} of a run file. An implementation is a record of
 * its settings.
 */
public interface DataSource {
  /**
   * Reads what must be read and says what there is.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings where the data is not as asked: a
   *     missing file, a row that cannot be read
   */
  DataSplits open(DataContext context) throws IOException;
}
