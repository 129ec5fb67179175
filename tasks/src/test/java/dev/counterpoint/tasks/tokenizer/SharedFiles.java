package dev.counterpoint.tasks.tokenizer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Optional test files that are stored next to the project and are not part of it. */
public final class SharedFiles {
  private SharedFiles() {}

  /** Returns a file; skips the test if it does not exist. */
  public static Path find(String path) {
    Path file = Path.of("..", "..", "shared").resolve(path);
    assumeTrue(Files.exists(file), file + " is absent");
    return file;
  }
}
