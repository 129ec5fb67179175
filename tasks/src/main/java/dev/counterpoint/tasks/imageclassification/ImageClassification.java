package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.data.source.SplitShares;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import dev.counterpoint.tasks.table.FolderListing;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNotes;
import dev.counterpoint.tasks.targets.LabelNumbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Data source for the classification of images: IDX files, or PNG and JPEG images in a folder per
 * class or in Parquet files. Images of another size are resized, without regard to their
 * proportions.
 *
 * @param test a split that is not used during training
 * @param split divides the training images into the splits without files
 * @param size height and width of the images that the model reads
 * @param channels 1 for gray, 3 for red, green and blue
 * @param normalize null to compute mean and deviation from the training split
 * @param flip whether half of the training images, chosen at random, are mirrored left to right
 * @param crop the largest random shift of training images, in pixels in each direction
 * @param skipDamaged the largest number of damaged images of a folder that are skipped
 */
public record ImageClassification(
    ImageFiles train,
    @Nullable ImageFiles validation,
    @Nullable ImageFiles test,
    @Nullable ImageSplit split,
    int size,
    int channels,
    @Nullable Normalization normalize,
    boolean flip,
    int crop,
    int skipDamaged)
    implements EvaluationSource {
  private static final int MAX_LABELS = 10;

  /** The names of MNIST's files of images and labels. */
  private static final String IDX_IMAGES = "images-idx3";

  private static final String IDX_LABELS = "labels-idx1";

  private static final String PARQUET = ".parquet";

  public ImageClassification {
    Checks checks =
        new Checks()
            .size("size", size, ImageSpec.MAX_SIZE)
            .that(channels == 1 || channels == 3, "channels", channels, "must be 1 or 3")
            .within("crop", crop, 0, Math.max(0, size - 1))
            .notNegative("skipDamaged", skipDamaged);
    if (split != null) {
      SplitShares.check(checks, "validation", split.validation(), validation);
      SplitShares.check(checks, "test", split.test(), test);
    }
    checks.verify();
    if (normalize != null) {
      new ImageSpec(channels, size, size, normalize.mean(), normalize.deviation());
    }
  }

  /** The defaults of optional settings: gray images of 28 x 28 pixels, unchanged. */
  public static ImageClassification defaults() {
    return RecordCopy.of(ImageClassification.class, Map.of("size", 28, "channels", 1));
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    return splits(DataSplits.named(train, validation, test), context.trained(), context);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    ImageFiles files =
        path.contains(IDX_IMAGES)
            ? new ImageFiles(null, path, path.replace(IDX_IMAGES, IDX_LABELS))
            : new ImageFiles(path, null, null);
    return splits(Map.of(SPLIT, files), trained, context);
  }

  private ImageSource source(ImageFiles files, DataContext context) throws IOException {
    return files.images() != null && files.labels() != null
        ? new IdxImages(file(files.images(), context), file(files.labels(), context))
        : folder(String.valueOf(files.path()), context);
  }

  private ImageSource folder(String path, DataContext context) throws IOException {
    Path folder = context.files().apply(path);
    if (path.endsWith(PARQUET)) {
      return new ParquetImages(
          TableSource.of(folder).requireReadable(false), channels, skipDamaged);
    }
    FileAccess.requireAccess(folder);
    if (!Files.isDirectory(folder)) {
      throw new InvalidSettings(
          Files.exists(folder)
              ? folder
                  + " is a file; a folder with a folder of images for each class, or a .parquet file, is needed."
              : folder + " does not exist. " + FolderListing.of(folder));
    }
    return new FolderImages(folder, channels, skipDamaged);
  }

  private static Path file(String path, DataContext context) {
    Path file = context.files().apply(path);
    new SourceFile(file).requireReadable(true);
    return file;
  }

  private DataSplits splits(
      Map<String, ImageFiles> files, @Nullable DataSpec trained, DataContext context)
      throws IOException {
    Map<String, ImageSource> sources = new LinkedHashMap<>();
    for (Map.Entry<String, ImageFiles> split : files.entrySet()) {
      sources.put(split.getKey(), source(split.getValue(), context));
    }
    requireSame(trained);
    CacheBuilder builder = new CacheBuilder(this, sources, trained, context.seed());
    ImageCache cache = new ImageCache(context.cache().resolve("images-" + builder.key()));
    ImageContent content =
        CacheFolders.describe(cache.folder(), ImageContent.class, builder::build);
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    for (String name : content.splits().keySet()) {
      Augmentation changes =
          name.equals(DataSplits.TRAIN)
              ? new Augmentation(flip, crop, context.seed())
              : Augmentation.NONE;
      datasets.put(name, new ImageDataset(cache, name, content, changes));
    }
    DataSpec spec = DataSpec.ofImages(content.image(), content.labels());
    List<String> notes = notes(content);
    notes.add("decoded images cached in " + cache.folder());
    return new DataSplits(
        spec,
        datasets,
        List.of(() -> new Classification(spec.labels())),
        content.fingerprint(),
        Map.of(),
        notes,
        Samples.none(),
        null);
  }

  private void requireSame(@Nullable DataSpec trained) {
    ImageSpec image = trained == null ? null : trained.image();
    if (image != null && (image.height() != size || image.channels() != channels)) {
      throw new InvalidSettings(
          "The model was trained with data.size %s and data.channels %s; an evaluation cannot change them to %s and %s.",
          image.height(), image.channels(), size, channels);
    }
  }

  private List<String> notes(ImageContent content) {
    List<String> notes = new ArrayList<>();
    ImageSpec image = content.image();
    notes.add(
        Formats.of(
            "images: %d x %d pixels, %s, mean %s, deviation %s",
            image.height(),
            image.width(),
            image.channels() == 1 ? "gray" : "colors",
            list(image.mean()),
            list(image.deviation())));
    content
        .splits()
        .forEach(
            (name, split) -> {
              notes.add(note(name, split, content.labels()));
              if (name.equals(DataSplits.TRAIN)) {
                notes.addAll(LabelNotes.of(content.labels(), split.labelCounts()));
              }
            });
    notes.addAll(content.notes());
    return notes;
  }

  private static String list(List<Double> numbers) {
    return numbers.stream().map(Formats::number).collect(Collectors.joining(", "));
  }

  private static String note(String name, ImageContent.SplitContent split, List<String> labels) {
    String counts =
        labels.size() > MAX_LABELS
            ? Formats.of(" of %,d classes", labels.size())
            : LabelNumbers.describe(labels, split.labelCounts());
    return Formats.of("%s: %,d images%s", name, split.size(), counts);
  }
}
