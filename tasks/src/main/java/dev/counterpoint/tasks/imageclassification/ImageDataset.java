package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory-mapped dataset of decoded images. The garbage collector unmaps the files, so there is
 * nothing to close.
 *
 * <p>Batches hold {@link Batch#IMAGES} (batch, channels, height, width), float32, and {@link
 * Batch#LABELS} (batch), int64.
 */
final class ImageDataset implements Dataset.Traceable, Dataset.OfEpochs {
  private final MemoryMappedTokens pixels;
  private final MemoryMappedTokens labels;
  private final MemoryMappedTokens indices;
  private final Path originsFile;
  private @Nullable List<String> origins; // read on first use
  private final long size;
  private final ImageSpec image;
  private final Normalizer normalizer;
  private final Augmentation augmentation;

  ImageDataset(ImageCache cache, String split, ImageContent content, Augmentation augmentation)
      throws IOException {
    this.augmentation = augmentation;
    ImageContent.SplitContent own = content.split(split);
    image = content.image();
    normalizer = new Normalizer(image);
    pixels = cache.mappedPixels(own.source());
    labels = new MemoryMappedTokens(cache.labels(own.source()), ImageCache.LABEL_WIDTH);
    indices = new MemoryMappedTokens(cache.indices(split), ImageCache.INDEX_WIDTH);
    originsFile = cache.origins(own.source());
    size = own.size();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public String origin(long index) {
    return origins().get((int) indices.get(index));
  }

  private synchronized List<String> origins() {
    if (origins == null) {
      try {
        origins = Files.readAllLines(originsFile);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return origins;
  }

  @Override
  public HostBatch collate(long[] batch) {
    return collate(batch, index -> Augmentation.Change.NONE);
  }

  @Override
  public Dataset ofEpoch(long epoch) {
    return new Epoch(this, epoch);
  }

  /** The changed images of an epoch. */
  private record Epoch(ImageDataset images, long epoch) implements Dataset {
    @Override
    public long size() {
      return images.size;
    }

    @Override
    public HostBatch collate(long[] batch) {
      return images.collate(batch, index -> images.augmentation.change(epoch, index));
    }
  }

  /** Chooses the change of an image. */
  private interface Changes {
    Augmentation.Change of(long index);
  }

  private HostBatch collate(long[] batch, Changes changes) {
    float[] values = new float[Math.multiplyExact(batch.length, normalizer.length())];
    long[] classes = new long[batch.length];
    for (int i = 0; i < batch.length; i++) {
      long position = indices.get(batch[i]);
      classes[i] = labels.get(position);
      int offset = i * normalizer.length();
      long start = position * normalizer.length();
      normalizer.write(at -> (int) pixels.get(start + at), changes.of(batch[i]), values, offset);
    }
    return HostBatch.of(
        batch.length,
        Map.of(
            Batch.IMAGES,
            HostTensor.of(values, batch.length, image.channels(), image.height(), image.width()),
            Batch.LABELS,
            HostTensor.of(classes, batch.length)));
  }
}
