package dev.counterpoint.models.internal.hub;

/** Receives the progress of downloads. */
public interface DownloadListener {
  /** Receives a message for the user. */
  void log(String line);

  /**
   * Receives the progress of a file; called often.
   *
   * @param bytes bytes received so far
   * @param total size of the file in bytes; 0 if unknown
   */
  default void received(String file, long bytes, long total) {}
}
