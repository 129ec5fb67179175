package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.SplitShares;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.internal.cache.NumberFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the images of a run into a cache folder.
 *
 * @param sources the files by split; includes {@code train} unless a model is known
 * @param trained the specification of a trained model; null to derive it from the training split
 * @param seed the seed of the run
 */
record CacheBuilder(
    ImageClassification settings,
    Map<String, ImageSource> sources,
    @Nullable DataSpec trained,
    long seed) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "1";

  private static final double MAX = 255;

  /** Returns a cache key of everything that the content depends on, without reading images. */
  String key() throws IOException {
    Record decoding = RecordCopy.with(RecordCopy.with(settings, "flip", false), "crop", 0);
    StringBuilder key = new StringBuilder(FORMAT).append(' ').append(decoding).append(' ');
    key.append(settings.split() == null ? "" : seed).append(' ').append(trained).append('\n');
    for (Map.Entry<String, ImageSource> source : sources.entrySet()) {
      key.append(source.getKey()).append(' ').append(source.getValue().stamp()).append('\n');
    }
    return Sha256.of(key.toString()).substring(0, 32);
  }

  /** Writes the complete cache into an empty folder. */
  ImageContent build(Path folder) throws IOException {
    ImageCache cache = new ImageCache(folder);
    List<String> labels = labels();
    MessageDigest digest = Sha256.begin();
    Map<String, String> parts = new LinkedHashMap<>();
    Map<String, ImageContent.SplitContent> splits = new LinkedHashMap<>();
    List<String> notes = new ArrayList<>();
    for (Map.Entry<String, ImageSource> source : sources.entrySet()) {
      String name = source.getKey();
      SourceWriter writer = new SourceWriter(name, cache, labels);
      byte[] hash = writer.write(source.getValue(), notes);
      digest.update(hash);
      parts.put(name, Sha256.of(hash).substring(0, 16));
      ImageSplit split = name.equals(DataSplits.TRAIN) ? settings.split() : null;
      for (Map.Entry<String, int[]> each : writer.assigned(split).entrySet()) {
        splits.put(each.getKey(), content(each.getKey(), each.getValue(), writer, cache, digest));
      }
    }
    ImageSpec image = image(cache);
    digest.update((image + " " + labels).getBytes(StandardCharsets.UTF_8));
    String fingerprint = DataSplits.fingerprint(Sha256.hex(digest), parts);
    return new ImageContent(fingerprint, image, labels, splits, notes);
  }

  private ImageContent.SplitContent content(
      String split, int[] indices, SourceWriter writer, ImageCache cache, MessageDigest digest)
      throws IOException {
    if (indices.length == 0) {
      throw new InvalidSettings(
          "The split \"%s\" has none of the %s; change its share in data.split.",
          split, Formats.count(writer.labels.length, "image"));
    }
    Long[] counts = new Long[writer.labelIds.size()];
    Arrays.fill(counts, 0L);
    try (NumberFile file = new NumberFile(cache.indices(split), ImageCache.INDEX_WIDTH)) {
      for (int index : indices) {
        file.put(index);
        counts[writer.labels[index]]++;
      }
      digest.update(file.finish());
    }
    return new ImageContent.SplitContent(writer.name, List.of(counts));
  }

  private List<String> labels() throws IOException {
    if (trained != null && !trained.labels().isEmpty()) {
      return trained.labels();
    }
    ImageSource train = sources.get(DataSplits.TRAIN);
    return train == null ? List.of() : train.labels();
  }

  /** The size, and the normalization of the model, of the settings or of the training split. */
  private ImageSpec image(ImageCache cache) throws IOException {
    if (trained != null && trained.image() != null) {
      return trained.image();
    }
    Normalization normalize = settings.normalize();
    if (normalize == null) {
      normalize = statistics(cache);
    }
    int size = settings.size();
    return new ImageSpec(settings.channels(), size, size, normalize.mean(), normalize.deviation());
  }

  /** Mean and standard deviation of each channel in the training split. */
  private Normalization statistics(ImageCache cache) throws IOException {
    MemoryMappedTokens pixels = cache.mappedPixels(DataSplits.TRAIN);
    Path indices = cache.indices(DataSplits.TRAIN);
    MemoryMappedTokens images = new MemoryMappedTokens(indices, ImageCache.INDEX_WIDTH);
    long count = Files.size(indices) / ImageCache.INDEX_WIDTH;
    int plane = settings.size() * settings.size();
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    for (int channel = 0; channel < settings.channels(); channel++) {
      long sum = 0;
      long squares = 0;
      for (long i = 0; i < count; i++) {
        long start = (images.get(i) * settings.channels() + channel) * plane;
        for (int j = 0; j < plane; j++) {
          long value = pixels.get(start + j);
          sum += value;
          squares += value * value;
        }
      }
      double mean = (double) sum / (count * plane);
      double variance = (double) squares / (count * plane) - mean * mean;
      means.add(mean / MAX);
      deviations.add(variance < 1 / MAX ? 1 : Math.sqrt(variance) / MAX); // 1: constant channel
    }
    return new Normalization(means, deviations);
  }

  /** Writes the images of one source. */
  private final class SourceWriter {
    private final String name;
    private final ImageCache cache;
    private final Map<String, Integer> labelIds = new TreeMap<>();
    private int[] labels = {}; // of each image
    private long[] keys = {}; // of each image, by which it is assigned to a split
    private long resized;

    SourceWriter(String name, ImageCache cache, List<String> labels) {
      this.name = name;
      this.cache = cache;
      labels.forEach(label -> labelIds.put(label, labelIds.size()));
    }

    /** Writes all images and returns a hash of them and their labels. */
    byte[] write(ImageSource source, List<String> notes) throws IOException {
      MessageDigest digest = Sha256.begin();
      IntStream.Builder allLabels = IntStream.builder();
      LongStream.Builder allKeys = LongStream.builder();
      try (NumberFile pixels = new NumberFile(cache.pixels(name), Byte.BYTES);
          NumberFile ids = new NumberFile(cache.labels(name), ImageCache.LABEL_WIDTH);
          Writer origins = Files.newBufferedWriter(cache.origins(name))) {
        List<String> remarks =
            source.read(
                (image, label, origin) -> {
                  int id = id(label, origin);
                  byte[] values = fitted(image);
                  for (byte value : values) {
                    pixels.put(value);
                  }
                  ids.put(id);
                  origins.append(origin.replaceAll("\\R", " ")).append('\n');
                  allLabels.add(id);
                  allKeys.add(key(values));
                });
        remarks.forEach(remark -> notes.add(name + ": " + remark));
        digest.update(pixels.finish());
        digest.update(ids.finish());
      }
      labels = allLabels.build().toArray();
      keys = allKeys.build().toArray();
      if (labels.length == 0) {
        throw new InvalidSettings("The split \"%s\" has no images.", name);
      }
      if (resized > 0) {
        int size = settings.size();
        notes.add(Formats.of("%s: %,d images resized to %d x %d", name, resized, size, size));
      }
      return digest.digest();
    }

    private int id(String label, String origin) {
      Integer id = labelIds.get(label);
      if (id == null) {
        throw new InvalidSettings(
            "%s has the label \"%s\", which is not among the training labels: %s.",
            origin, Excerpt.ofItem(label), Excerpt.ofList(labelIds.keySet()));
      }
      return id;
    }

    private byte[] fitted(Pixels image) {
      int size = settings.size();
      Pixels fitted = image.withChannels(settings.channels()).resized(size, size);
      resized += image.height() == size && image.width() == size ? 0 : 1;
      return fitted.values();
    }

    /** The first 63 bits of the SHA-256 of seed and pixels. */
    private long key(byte[] values) {
      Long own = settings.split() == null ? null : settings.split().seed();
      MessageDigest digest = Sha256.begin();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(own == null ? seed : own).flip());
      return ByteBuffer.wrap(digest.digest(values)).getLong() >>> 1;
    }

    /** The indices of the images of each split of this source. */
    Map<String, int[]> assigned(@Nullable ImageSplit split) {
      if (split == null) {
        return Map.of(name, IntStream.range(0, labels.length).toArray());
      }
      Map<Integer, LongStream.Builder> strata = new HashMap<>();
      for (int i = 0; i < labels.length; i++) {
        strata.computeIfAbsent(labels[i], any -> LongStream.builder()).add(keys[i]);
      }
      Map<Integer, SplitShares.Bounds> bounds = new HashMap<>();
      strata.forEach((label, each) -> bounds.put(label, split.shares().bounds(each.build())));
      Map<String, int[]> assigned = new LinkedHashMap<>();
      for (String each : split.names()) {
        IntPredicate isOwn =
            i -> Objects.requireNonNull(bounds.get(labels[i])).splitOf(keys[i]).equals(each);
        assigned.put(each, IntStream.range(0, labels.length).filter(isOwn).toArray());
      }
      return assigned;
    }
  }
}
