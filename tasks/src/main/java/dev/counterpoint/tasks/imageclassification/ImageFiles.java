package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Files of a split: a folder, Parquet files, or two IDX files.
 *
 * @param path a folder with a folder of images for each class, a Parquet file, or a pattern of them
 * @param images an IDX file of images, such as {@code train-images-idx3-ubyte.gz} of MNIST
 * @param labels the IDX file with the labels of the images
 */
public record ImageFiles(@Nullable String path, @Nullable String images, @Nullable String labels) {
  public ImageFiles {
    new Checks()
        .that(
            (path != null) != (images != null),
            "path",
            String.valueOf(path),
            "or images must be set, not both")
        .that(
            (images == null) == (labels == null),
            "labels",
            String.valueOf(labels),
            "must be the file with the labels of images")
        .verify();
  }
}
