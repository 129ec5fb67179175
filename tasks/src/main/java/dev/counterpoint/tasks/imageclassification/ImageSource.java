package dev.counterpoint.tasks.imageclassification;

import java.io.IOException;
import java.util.List;

/** Labelled images of a split, which are read in one pass. */
interface ImageSource {
  /** Identifies the state of the files without reading them. */
  String stamp() throws IOException;

  /** The labels in the order of their ids. */
  List<String> labels() throws IOException;

  /**
   * Reads all images in a fixed order.
   *
   * @return remarks, such as the number of skipped files
   */
  List<String> read(Sink sink) throws IOException;

  /** Receives the images. */
  @FunctionalInterface
  interface Sink {
    /**
     * Receives an image.
     *
     * @param origin names the image in messages
     */
    void add(Pixels image, String label, String origin) throws IOException;
  }
}
