package dev.counterpoint.runner.wiring;

import java.io.IOException;

/** An unexpected failure, with the name of the activity, such as "opening the data". */
public final class ActivityFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private ActivityFailed(String activity, Throwable cause) {
    super(activity, cause);
  }

  /** Code of a plug-in. */
  @FunctionalInterface
  public interface Activity<T> {
    T run() throws IOException;
  }

  /** Runs code of a plug-in; an exception is wrapped in one that names the activity. */
  public static <T> T during(String activity, Activity<T> code) throws IOException {
    try {
      return code.run();
    } catch (RuntimeException | Error e) {
      throw new ActivityFailed(activity, e);
    }
  }
}
