package dev.counterpoint.tasks.tokenizer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files that lie beside the project and are not part of it. */
public final class SharedFiles {
  private SharedFiles() {}

  /** Skips the test where the file is absent. */
  public static Path find(String path) {
    Path file = Path.of("..", "..", "shared").resolve(path);
    assumeTrue(Files.exists(file), file + " is absent");
    return file;
  }
}
