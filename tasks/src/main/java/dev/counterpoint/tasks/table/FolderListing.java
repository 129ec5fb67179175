package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Says what lies where a file was looked for. */
public final class FolderListing {
  private static final int MOST = 5;

  private FolderListing() {}

  /** The files beside a missing one, those with the most similar names first. */
  public static String of(Path missing) {
    Path folder = missing.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return "Its folder does not exist either.";
    }
    String name = String.valueOf(missing.getFileName());
    List<String> names = names(folder);
    List<String> alike =
        names.stream()
            .filter(other -> Nearest.distance(name, other) <= Math.max(2, name.length() / 2))
            .sorted(Comparator.comparingInt(other -> Nearest.distance(name, other)))
            .limit(MOST)
            .toList();
    return alike.isEmpty()
        ? show(names)
        : "Named alike in that folder: " + String.join(", ", alike) + ".";
  }

  /** The files of a folder. */
  public static String within(Path folder) {
    return show(names(folder));
  }

  private static String show(List<String> names) {
    if (names.isEmpty()) {
      return "The folder is empty.";
    }
    String more = names.size() > MOST ? ", and " + (names.size() - MOST) + " more" : "";
    return "In that folder: "
        + String.join(", ", names.subList(0, Math.min(MOST, names.size())))
        + more
        + ".";
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
