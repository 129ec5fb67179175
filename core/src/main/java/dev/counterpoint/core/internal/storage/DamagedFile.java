package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.file.Path;

/** Thrown if a file is damaged: truncated, altered, missing, or in the wrong format. */
public final class DamagedFile extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * The message is {@code FILE is damaged: PROBLEM}.
   *
   * @param file the damaged file
   * @param problem what is wrong, including the tensor and its byte range if there is one; without
   *     a full stop
   */
  public DamagedFile(Path file, String problem) {
    super(file + " is damaged: " + problem);
  }
}
