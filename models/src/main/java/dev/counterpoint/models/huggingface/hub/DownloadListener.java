package dev.counterpoint.models.huggingface.hub;

/** Hears how a download goes. */
public interface DownloadListener {
  /** Something worth telling. */
  void say(String line);

  /**
   * More of a file has come; called often.
   *
   * @param bytes so far
   * @param total of the whole file; 0 where the hub does not say
   */
  void received(String file, long bytes, long total);
}
