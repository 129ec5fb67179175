package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.DuckDb;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNumbers;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * PNG and JPEG images in Parquet files with the columns {@code image} and {@code label}, as Hugging
 * Face's datasets writes them: an image is its bytes, or a struct with a field {@code bytes}. The
 * labels are sorted, numbers by their value.
 *
 * @param channels 1 for gray, 3 for red, green and blue
 * @param skipDamaged the largest number of damaged images that are skipped
 */
record ParquetImages(TableSource source, int channels, int skipDamaged) implements ImageSource {
  private static final String IMAGE = "image";
  private static final String LABEL = "label";

  @Override
  public String stamp() throws IOException {
    StringBuilder stamp = new StringBuilder();
    for (SourceFile file : source.files()) {
      stamp.append(file.stamp()).append('\n');
    }
    return stamp.toString();
  }

  @Override
  public List<String> labels() throws IOException {
    Set<String> labels =
        new TreeSet<>(
            Comparator.comparingDouble(ParquetImages::number).thenComparing(label -> label));
    for (SourceFile file : source.files()) {
      columnTypes(file);
      DuckDb.read(
          file,
          List.of(LABEL + "::VARCHAR"),
          (values, row) -> labels.add(text(values[0], file, row)));
    }
    return List.copyOf(labels);
  }

  /** The value of a label that is a number; a larger value for all texts. */
  private static double number(String label) {
    return label.matches("\\d{1,15}") ? Double.parseDouble(label) : Double.MAX_VALUE;
  }

  private Map<String, String> columnTypes(SourceFile file) throws IOException {
    Map<String, String> types = DuckDb.types(file);
    source.requireColumn(IMAGE, List.copyOf(types.keySet()));
    source.requireColumn(LABEL, List.copyOf(types.keySet()));
    return types;
  }

  private static String text(@Nullable Object label, SourceFile file, long row) {
    if (label == null) {
      throw file.invalidLine(row, "has no " + LABEL + ".");
    }
    return LabelNumbers.requireShort(label.toString(), file::origin, row);
  }

  @Override
  public List<String> read(Sink sink) throws IOException {
    DamagedImages damaged = new DamagedImages(skipDamaged);
    for (SourceFile file : source.files()) {
      String type = String.valueOf(columnTypes(file).get(IMAGE));
      boolean isStruct = type.matches("STRUCT\\(.*\\bbytes BLOB.*");
      if (!isStruct && !type.equals("BLOB")) {
        throw new InvalidSettings(
            "%s has the type %s in the column \"%s\"; supported: BLOB, or a STRUCT with the field bytes BLOB.",
            file.name(), Excerpt.ofItem(type), IMAGE);
      }
      DuckDb.read(
          file,
          List.of(isStruct ? IMAGE + ".bytes" : IMAGE, LABEL + "::VARCHAR"),
          (values, row) -> {
            byte[] bytes = values[0] instanceof byte[] found ? found : new byte[0];
            Pixels image = damaged.read(() -> ImageFile.decode(bytes, file.origin(row), channels));
            if (image != null) {
              sink.add(image, text(values[1], file, row), file.origin(row));
            }
          });
    }
    return damaged.remarks();
  }
}
