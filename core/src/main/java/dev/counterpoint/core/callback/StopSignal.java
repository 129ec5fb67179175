package dev.counterpoint.core.callback;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a run ends after the current step, with everything saved. Thread-safe; the reason
 * of the first request is kept.
 */
public final class StopSignal {
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();

  /**
   * Requests the end of the run.
   *
   * @param reason printed at the end, as "validation loss has not improved for 3 epochs"
   */
  public void request(String reason) {
    this.reason.compareAndSet(null, reason);
  }

  /** Whether the end was requested. */
  public boolean requested() {
    return reason.get() != null;
  }

  /** The reason of the first request; null if there was none. */
  public @Nullable String reason() {
    return reason.get();
  }
}
