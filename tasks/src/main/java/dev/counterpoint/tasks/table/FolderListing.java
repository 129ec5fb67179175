package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Lists the files of a folder for messages about a missing file. */
public final class FolderListing {
  private static final int MAX_LISTED = 5;

  private FolderListing() {}

  /** Lists the files next to a missing one; files with a similar name are listed first. */
  public static String of(Path missing) {
    Path folder = missing.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return "Its folder does not exist either.";
    }
    String name = String.valueOf(missing.getFileName());
    List<String> names = names(folder);
    List<String> similar =
        names.stream()
            .filter(other -> Nearest.distance(name, other) <= Math.max(2, name.length() / 2))
            .sorted(Comparator.comparingInt(other -> Nearest.distance(name, other)))
            .limit(MAX_LISTED)
            .toList();
    return similar.isEmpty()
        ? list(names)
        : "Similar names in its folder: " + String.join(", ", similar) + ".";
  }

  /** Lists the files of a folder. */
  public static String within(Path folder) {
    return list(names(folder));
  }

  private static String list(List<String> names) {
    if (names.isEmpty()) {
      return "The folder is empty.";
    }
    String more = names.size() > MAX_LISTED ? ", and " + (names.size() - MAX_LISTED) + " more" : "";
    return "The folder contains: %s%s."
        .formatted(String.join(", ", names.subList(0, Math.min(MAX_LISTED, names.size()))), more);
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
