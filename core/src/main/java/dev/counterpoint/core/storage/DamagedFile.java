package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is not what it claims to be: cut off, altered, or of another format. */
public final class DamagedFile extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param file the damaged file
   * @param problem what is wrong with it, with the tensor and its bytes where there is one
   */
  public DamagedFile(Path file, String problem) {
    super(file + " is damaged: " + problem);
  }
}
