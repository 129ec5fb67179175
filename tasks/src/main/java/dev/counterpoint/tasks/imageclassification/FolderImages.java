package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * PNG and JPEG images in a folder per class. The labels are the names of the folders, sorted.
 *
 * @param channels 1 for gray, 3 for red, green and blue
 * @param skipDamaged the largest number of damaged images that are skipped
 */
record FolderImages(Path folder, int channels, int skipDamaged) implements ImageSource {
  @Override
  public String stamp() throws IOException {
    StringBuilder stamp = new StringBuilder();
    for (String label : labels()) {
      stamp.append(label).append('\n');
      for (Path file : files(label)) { // Links: the stamp has the path of the image itself.
        stamp.append(file.getFileName()).append(' ').append(new SourceFile(file).stamp());
        stamp.append('\n');
      }
    }
    return stamp.toString();
  }

  @Override
  public List<String> labels() throws IOException {
    List<String> labels =
        FolderEntries.of(folder).stream()
            .filter(Files::isDirectory)
            .map(it -> String.valueOf(it.getFileName()))
            .filter(name -> !name.startsWith("."))
            .toList();
    if (labels.isEmpty()) {
      throw new InvalidSettings(
          "%s has no folders; it must have a folder of images for each class.", folder);
    }
    return labels;
  }

  /** The images of a class, sorted by name. */
  private List<Path> files(String label) throws IOException {
    return FolderEntries.of(folder.resolve(label)).stream()
        .filter(file -> new ImageFile(file).isImage())
        .toList();
  }

  @Override
  public List<String> read(Sink sink) throws IOException {
    DamagedImages damaged = new DamagedImages(skipDamaged);
    int others = 0;
    for (String label : labels()) {
      List<Path> files = files(label);
      if (files.isEmpty()) {
        throw new InvalidSettings(
            "%s has no images; .png, .jpg and .jpeg are supported.", folder.resolve(label));
      }
      others += FolderEntries.of(folder.resolve(label)).size() - files.size();
      for (Path file : files) {
        Pixels image = damaged.read(() -> new ImageFile(file).read(channels));
        if (image != null) {
          sink.add(image, label, file.toString());
        }
      }
    }
    List<String> remarks = damaged.remarks();
    if (others > 0) {
      remarks.add(Formats.of("%,d files ignored: they are not .png, .jpg or .jpeg", others));
    }
    return remarks;
  }
}
