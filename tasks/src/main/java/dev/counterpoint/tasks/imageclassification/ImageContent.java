package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.ImageSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Metadata of a cache folder of images, stored as {@code content.json}.
 *
 * @param fingerprint the SHA-256 of all images and labels, followed by that of each source
 * @param splits the splits by name
 * @param notes remarks about the files
 */
record ImageContent(
    String fingerprint,
    ImageSpec image,
    List<String> labels,
    Map<String, SplitContent> splits,
    List<String> notes) {
  /**
   * A split of a source.
   *
   * @param source the name of the files with its images
   * @param labelCounts the number of images of each class
   */
  record SplitContent(String source, List<Long> labelCounts) {
    long size() {
      return labelCounts.stream().mapToLong(it -> it).sum();
    }
  }

  SplitContent split(String name) {
    return Objects.requireNonNull(splits.get(name));
  }
}
