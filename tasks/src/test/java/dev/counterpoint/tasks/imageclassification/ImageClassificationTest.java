package dev.counterpoint.tasks.imageclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Duck;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageClassificationTest {
  /** Leaves pixels between 0 and 1. */
  private static final Normalization NONE = new Normalization(List.of(0.0), List.of(1.0));

  @TempDir Path folder;
  private ImageFixtures fixtures;

  @BeforeEach
  void createFixtures() {
    fixtures = new ImageFixtures(folder);
  }

  private ImageClassification idx(int... labels) throws IOException {
    fixtures.idxImages("train-images", IntStream.range(0, labels.length).toArray());
    fixtures.idxLabels("train-labels", labels);
    return ImageFixtures.settings(fixtures.idx("train"), null);
  }

  private ImageClassification classes(int skipDamaged) throws IOException {
    fixtures.image("photos/cat/b.png", 2, 2, 0x404040);
    fixtures.image("photos/cat/a.png", 4, 3, 0x808080);
    fixtures.image("photos/dog/c.jpg", 2, 2, 0xffffff);
    return new ImageClassification(
        ImageFixtures.folder("photos"), null, null, null, 2, 1, NONE, false, 0, skipDamaged);
  }

  private static float[] images(HostBatch batch) {
    return Objects.requireNonNull(batch.tensors().get(Batch.IMAGES)).floats();
  }

  private static long[] labels(HostBatch batch) {
    return Objects.requireNonNull(batch.tensors().get(Batch.LABELS)).longs();
  }

  private static float[] images(Dataset split, long... indices) {
    return images(split.collate(indices));
  }

  private static void assertInvalid(ThrowingCallable action, Object... parts) {
    Throwable thrown = catchThrowable(action);
    assertThat(thrown).isInstanceOf(InvalidSettings.class);
    assertThat(thrown.getMessage().lines()).hasSize(1);
    for (Object part : parts) {
      assertThat(thrown).hasMessageContaining(part.toString());
    }
  }

  @Test
  void imagesOfIdxFilesAreNormalizedByTheTrainingSplit() throws IOException {
    DataSplits data = fixtures.open(idx(0, 2)); // pixels 0, 1, 2, 3, 10, 11, 12, 13
    ImageSpec image = Objects.requireNonNull(data.spec().image());

    assertThat(data.spec().labels()).containsExactly("0", "1", "2");
    assertThat(image.mean().get(0) * 255).isCloseTo(6.5, within(1e-9));
    assertThat(image.deviation().get(0) * 255).isCloseTo(Math.sqrt(26.25), within(1e-9));
    HostBatch batch = data.train().collate(new long[] {1, 0});
    assertThat(labels(batch)).containsExactly(2, 0);
    assertThat(batch.tensors().get(Batch.IMAGES).shape().getShape()).containsExactly(2, 1, 2, 2);
    assertThat(images(batch)[0]).isCloseTo((float) (3.5 / Math.sqrt(26.25)), within(1e-5f));
  }

  @Test
  void compressedFilesHaveTheSameContent() throws IOException {
    ImageClassification plain = idx(0, 1);
    for (String name : List.of("train-images", "train-labels")) {
      try (OutputStream file =
          new GZIPOutputStream(Files.newOutputStream(folder.resolve(name + ".gz")))) {
        Files.copy(folder.resolve(name), file);
      }
    }
    ImageFiles compressed = new ImageFiles(null, "train-images.gz", "train-labels.gz");

    assertThat(fixtures.open(ImageFixtures.settings(compressed, null)).fingerprint())
        .isEqualTo(fixtures.open(plain).fingerprint());
  }

  @Test
  void foldersAreClassesInTheOrderOfTheirNames() throws IOException {
    ImageClassification settings = classes(0);
    Files.writeString(folder.resolve("photos/cat/notes.txt"), "x");
    DataSplits data = fixtures.open(settings);

    assertThat(data.spec().labels()).containsExactly("cat", "dog");
    HostBatch batch = data.train().collate(new long[] {0, 1, 2});
    assertThat(labels(batch)).containsExactly(0, 0, 1);
    assertThat(images(batch)[0]).isCloseTo(128 / 255f, within(1e-6f)); // a.png, resized
    assertThat(images(batch)[4]).isCloseTo(64 / 255f, within(1e-6f));
    assertThat(((Dataset.Traceable) data.train()).origin(2)).endsWith("c.jpg");
    assertThat(data.notes())
        .anyMatch(note -> note.contains("1 images resized to 2 x 2"))
        .anyMatch(note -> note.contains("1 files ignored"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dog/a.png", "zebra"})
  void aLinkThatIsMovedIsOtherData(String to) throws IOException {
    Path image = fixtures.image("blobs/1.png", 2, 2, 0x404040);
    fixtures.image("links/cat/b.png", 2, 2, 0xffffff);
    fixtures.image("links/dog/c.png", 2, 2, 0x808080);
    Path link = Files.createSymbolicLink(folder.resolve("links/cat/z.png"), image);
    Path folders = Files.createSymbolicLink(folder.resolve("links/pig"), image.getParent());
    ImageClassification settings =
        new ImageClassification(
            ImageFixtures.folder("links"), null, null, null, 2, 1, NONE, false, 0, 0);
    String before = fixtures.open(settings).fingerprint();

    Files.move(to.equals("zebra") ? folders : link, folder.resolve("links").resolve(to));

    assertThat(fixtures.open(settings).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void aDamagedImageIsNamedAndCanBeSkipped() throws IOException {
    ImageClassification strict = classes(0);
    Files.writeString(folder.resolve("photos/dog/bad.png"), "damaged");

    assertInvalid(() -> fixtures.open(strict), "bad.png", "data.skipDamaged");
    DataSplits data = fixtures.open(classes(1));
    assertThat(data.train().size()).isEqualTo(3);
    assertThat(data.notes()).anyMatch(note -> note.contains("bad.png"));
  }

  /** Writes the images of {@link #classes} to a Parquet file, with an expression as the image. */
  private ImageClassification parquet(String image, String label, int skipDamaged)
      throws IOException {
    classes(0);
    Duck.write(
        "COPY (SELECT %s AS image, %s AS label FROM read_blob('%s/*/*') ORDER BY filename) TO '%s'",
        image, label, folder.resolve("photos"), folder.resolve("photos.parquet"));
    return new ImageClassification(
        ImageFixtures.folder("photos.parquet"),
        null,
        null,
        null,
        2,
        1,
        NONE,
        false,
        0,
        skipDamaged);
  }

  @ParameterizedTest
  @ValueSource(strings = {"content", "{'bytes': content, 'path': filename}"})
  void imagesOfAParquetFileAreThoseOfTheFolder(String image) throws IOException {
    DataSplits data = fixtures.open(parquet(image, "parse_filename(parse_path(filename)[-2])", 0));
    assertThat(data.spec().labels()).containsExactly("cat", "dog");
    long[] all = {0, 1, 2};
    Dataset expected = fixtures.open(classes(0)).train();
    assertThat(images(data.train(), all)).containsExactly(images(expected, all));
    assertThat(labels(data.train().collate(all))).containsExactly(labels(expected.collate(all)));
    assertThat(((Dataset.Traceable) data.train()).origin(2)).endsWith("photos.parquet row 3");
    DataSplits more =
        classes(0).openFile("photos.parquet", data.spec(), fixtures.context(17, data.spec()));
    assertThat(labels(Objects.requireNonNull(more.splits().get("data")).collate(all)))
        .containsExactly(0, 0, 1);
  }

  @Test
  void numbersAsLabelsOfAParquetFileAreSortedByTheirValue() throws IOException {
    ImageClassification settings =
        parquet("content", "8 + row_number() OVER (ORDER BY filename)", 0);

    assertThat(fixtures.open(settings).spec().labels()).containsExactly("9", "10", "11");
  }

  @Test
  void damagedImagesAndOtherColumnsOfAParquetFileAreNamed() throws IOException {
    String damaged = "CASE WHEN filename LIKE '%%b.png' THEN 'x'::BLOB ELSE content END";
    ImageClassification strict = parquet(damaged, "1", 0);
    assertInvalid(() -> fixtures.open(strict), "photos.parquet row 2", "data.skipDamaged");
    assertThat(fixtures.open(parquet(damaged, "1", 1)).train().size()).isEqualTo(2);

    ImageClassification text = parquet("filename", "1", 0);
    assertInvalid(() -> fixtures.open(text), "photos.parquet", "VARCHAR", "BLOB");
    ImageClassification unlabelled = parquet("content", "NULL", 0);
    assertInvalid(() -> fixtures.open(unlabelled), "photos.parquet row 1", "label");
    Duck.write("COPY (SELECT 1 AS picture) TO '%s'", folder.resolve("photos.parquet"));
    assertInvalid(() -> fixtures.open(text), "\"image\"", "picture");
  }

  @Test
  void anEmptyFolderIsRejected() throws IOException {
    ImageClassification settings = classes(0);
    Path empty = Files.createDirectories(folder.resolve("photos/bird"));

    assertInvalid(() -> fixtures.open(settings), empty);
    Path none = Files.createDirectories(folder.resolve("none"));
    assertInvalid(
        () -> fixtures.open(ImageFixtures.settings(ImageFixtures.folder("none"), null)), none);
  }

  @Test
  void aClassThatTheTrainingSplitDoesNotHaveIsRejected() throws IOException {
    classes(0);
    Path file = fixtures.image("more/bird/x.png", 2, 2, 0);
    ImageClassification settings =
        ImageFixtures.settings(ImageFixtures.folder("photos"), ImageFixtures.folder("more"));

    assertInvalid(() -> fixtures.open(settings), file, "\"bird\"", "cat, dog");
  }

  @Test
  void filesThatDoNotExistAreNamed() throws IOException {
    ImageClassification settings = classes(0);
    assertInvalid(
        () -> fixtures.open(ImageFixtures.settings(ImageFixtures.folder("photo"), null)),
        folder.resolve("photo"),
        "photos");
    assertInvalid(
        () -> fixtures.open(ImageFixtures.settings(fixtures.idx("train"), null)),
        folder.resolve("train-images"));
    assertThat(settings.size()).isEqualTo(2);
  }

  @Test
  void anIdxFileThatIsCutShortIsRejected() throws IOException {
    ImageClassification settings = idx(0, 1, 1);
    byte[] bytes = Files.readAllBytes(folder.resolve("train-images"));
    Files.write(folder.resolve("train-images"), Arrays.copyOf(bytes, bytes.length - 2));
    assertInvalid(() -> fixtures.open(settings), "train-images", "2 of the 3");

    Files.write(folder.resolve("train-images"), Arrays.copyOf(bytes, bytes.length + 1));
    assertInvalid(() -> fixtures.open(settings), "train-images", "after the 3");

    Files.write(folder.resolve("train-images"), Arrays.copyOf(bytes, 7));
    assertInvalid(() -> fixtures.open(settings), "train-images");
  }

  @Test
  void countsThatDifferAreRejected() throws IOException {
    ImageClassification settings = idx(0, 1, 1);
    fixtures.idxLabels("train-labels", 0, 1);

    assertInvalid(() -> fixtures.open(settings), "3 images", "2 labels");
  }

  @Test
  void labelsAreNotImages() throws IOException {
    ImageClassification settings = idx(0, 1);
    Files.copy(folder.resolve("train-labels"), folder.resolve("x-images"));
    ImageFiles files = new ImageFiles(null, "x-images", "train-labels");

    assertInvalid(() -> fixtures.open(ImageFixtures.settings(files, null)), "x-images", "00000801");
    assertThat(settings.channels()).isEqualTo(1);
  }

  private DataSplits divided(long seed, ImageSplit split) throws IOException {
    int[] labels = IntStream.range(0, 40).map(i -> i % 2).toArray();
    int[] values = IntStream.range(0, 40).map(i -> i % 24).toArray();
    fixtures.idxImages("train-images", values);
    fixtures.idxLabels("train-labels", labels);
    ImageClassification settings =
        new ImageClassification(fixtures.idx("train"), null, null, split, 2, 1, NONE, false, 0, 0);
    return settings.open(fixtures.context(seed, null));
  }

  private static Set<Float> firstPixels(Dataset split) {
    Set<Float> values = new HashSet<>();
    for (int i = 0; i < split.size(); i++) {
      values.add(images(split, i)[0]);
    }
    return values;
  }

  @Test
  void aSplitHasTheSameSharesOfEachClassAndSharesNoImage() throws IOException {
    DataSplits data = divided(17, new ImageSplit(0.25, 0.25, null));
    Dataset validation = data.validation().orElseThrow();
    Dataset test = Objects.requireNonNull(data.splits().get("test"));

    assertThat(data.train().size() + validation.size() + test.size()).isEqualTo(40);
    assertThat(validation.size()).isBetween(8L, 14L);
    assertThat(firstPixels(validation)).doesNotContainAnyElementsOf(firstPixels(data.train()));
    assertThat(firstPixels(test)).doesNotContainAnyElementsOf(firstPixels(validation));
  }

  @Test
  void aSplitWithoutImagesIsRejected() {
    assertInvalid(
        () -> divided(17, new ImageSplit(0.001, null, null)), "\"validation\"", "40 images");
  }

  @Test
  void aSplitDependsOnItsSeedOnly() throws IOException {
    ImageSplit own = new ImageSplit(0.25, null, 5L);
    Set<Float> first = firstPixels(divided(1, own).train());

    assertThat(firstPixels(divided(2, own).train())).isEqualTo(first);
    assertThat(firstPixels(divided(2, new ImageSplit(0.25, null, 6L)).train())).isNotEqualTo(first);
  }

  private Dataset augmented(boolean flip, int crop, long seed, long epoch) throws IOException {
    idx(0, 1, 0, 1, 0, 1, 0, 1);
    ImageClassification settings =
        new ImageClassification(fixtures.idx("train"), null, null, null, 2, 1, NONE, flip, crop, 0);
    DataSplits data = settings.open(fixtures.context(seed, null));
    return ((Dataset.OfEpochs) data.train()).ofEpoch(epoch);
  }

  private static final long[] ALL = {0, 1, 2, 3, 4, 5, 6, 7};

  @Test
  void augmentationIsAFunctionOfSeedEpochAndExample() throws IOException {
    float[] first = images(augmented(true, 1, 17, 1), ALL);

    assertThat(images(augmented(true, 1, 17, 1), ALL)).isEqualTo(first);
    assertThat(images(augmented(true, 1, 17, 1), 3)).isEqualTo(Arrays.copyOfRange(first, 12, 16));
    assertThat(images(augmented(true, 1, 17, 2), ALL)).isNotEqualTo(first);
    assertThat(images(augmented(true, 1, 18, 1), ALL)).isNotEqualTo(first);
  }

  @Test
  void aboutHalfOfTheImagesAreMirrored() throws IOException {
    Dataset epoch = augmented(true, 0, 17, 1);
    int mirrored = 0;
    for (int i = 0; i < epoch.size(); i++) {
      float[] image = images(epoch, i);
      assertThat(Math.abs(image[0] - image[1]) * 255).isCloseTo(1, within(1e-4f));
      assertThat(image[2] - image[0]).isCloseTo(2 / 255f, within(1e-6f));
      mirrored += image[0] > image[1] ? 1 : 0;
    }
    assertThat(mirrored).isBetween(1, 7);
  }

  @Test
  void croppedImagesAreShiftedAndFilledWithBlack() throws IOException {
    for (long epoch = 0; epoch < 9; epoch++) {
      float[] image = images(augmented(false, 1, 17, epoch), 7); // pixels 70, 71, 72, 73
      long[] rounded = new long[4];
      for (int i = 0; i < 4; i++) {
        rounded[i] = Math.round(image[i] * 255);
      }
      assertThat(SHIFTS).contains(Arrays.toString(rounded));
    }
  }

  private static final Set<String> SHIFTS =
      Set.of(
          "[70, 71, 72, 73]",
          "[71, 0, 73, 0]",
          "[0, 70, 0, 72]",
          "[72, 73, 0, 0]",
          "[0, 0, 70, 71]",
          "[73, 0, 0, 0]",
          "[0, 72, 0, 0]",
          "[0, 0, 71, 0]",
          "[0, 0, 0, 70]");

  @Test
  void evaluationImagesAreUnchanged() throws IOException {
    idx(0, 1);
    ImageClassification settings =
        new ImageClassification(
            fixtures.idx("train"), fixtures.idx("train"), null, null, 2, 1, NONE, true, 1, 0);
    DataSplits data = fixtures.open(settings);

    assertThat(images(data.train(), 0, 1))
        .isEqualTo(images(data.validation().orElseThrow(), 0, 1))
        .isEqualTo(
            new float[] {
              0, 1 / 255f, 2 / 255f, 3 / 255f, 10 / 255f, 11 / 255f, 12 / 255f, 13 / 255f
            });
  }

  @Test
  void anotherFileHasTheNormalizationAndLabelsOfTheModel() throws IOException {
    ImageClassification settings = idx(0, 2);
    DataSplits trained = fixtures.open(settings);
    fixtures.idxImages("more-images-idx3", 0);
    fixtures.idxLabels("more-labels-idx1", 2);

    DataSplits more =
        settings.openFile("more-images-idx3", trained.spec(), fixtures.context(17, trained.spec()));

    assertThat(more.spec()).isEqualTo(trained.spec());
    HostBatch batch = Objects.requireNonNull(more.splits().get("data")).collate(new long[] {0});
    assertThat(labels(batch)).containsExactly(2);
    assertThat(images(batch)).isEqualTo(images(trained.train(), 0));
  }

  @Test
  void anEvaluationCannotChangeTheSize() throws IOException {
    DataSplits trained = fixtures.open(idx(0, 1));
    ImageClassification larger =
        new ImageClassification(fixtures.idx("train"), null, null, null, 3, 1, null, false, 0, 0);

    assertInvalid(() -> larger.open(fixtures.context(17, trained.spec())), "data.size 2", "3");
  }

  @Test
  void changedImagesChangeTheFingerprint() throws IOException {
    String first = fixtures.open(idx(0, 1)).fingerprint();
    fixtures.idxImages("train-images", 5, 6);

    assertThat(fixtures.open(ImageFixtures.settings(fixtures.idx("train"), null)).fingerprint())
        .isNotEqualTo(first);
  }

  @Test
  void settingsThatContradictEachOtherAreRejected() {
    assertInvalid(() -> new ImageFiles("a", "b", "c"), "path");
    assertInvalid(() -> new ImageFiles(null, "b", null), "labels");
    assertInvalid(() -> new ImageSplit(0.6, 0.4, null), "validation");
    ImageFiles files = ImageFixtures.folder("a");
    ImageSplit split = new ImageSplit(0.1, null, null);
    assertInvalid(
        () -> new ImageClassification(files, files, null, split, 2, 1, null, false, 0, 0),
        "split.validation");
    assertInvalid(
        () -> new ImageClassification(files, null, null, null, 2, 2, null, false, 0, 0),
        "channels 2");
    assertInvalid(
        () -> new ImageClassification(files, null, null, null, 2, 1, null, false, 2, 0), "crop 2");
    Normalization one = new Normalization(List.of(0.5), List.of(0.0));
    assertInvalid(
        () -> new ImageClassification(files, null, null, null, 2, 1, one, false, 0, 0),
        "deviation 0");
  }
}
