package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that an option names and that a command writes. */
public final class NewFile {
  private NewFile() {}

  /**
   * Checks before the work begins that the folder of a file exists.
   *
   * @throws InvalidSettings if it does not
   */
  public static void requireFolder(String option, Path file) {
    Path folder = file.toAbsolutePath().resolveSibling("");
    FileAccess.requireAccess(folder);
    if (!Files.isDirectory(folder)) {
      throw new InvalidSettings("%s %s: the folder %s does not exist.", option, file, folder);
    }
  }
}
