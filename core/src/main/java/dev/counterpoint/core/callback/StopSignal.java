package dev.counterpoint.core.callback;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a run ends after the current step, with everything saved. Thread-safe; the reason
 * of the first request is kept.
 *
 * <p>A run that is requested to end validates its last step. A run that is interrupted, as by a
 * signal, does not, and abandons a validation that is in progress; it repeats this validation when
 * it resumes.
 */
public final class StopSignal {
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
  private volatile boolean interrupted;

  /**
   * Requests the end of the run.
   *
   * @param reason printed at the end, as "validation loss has not improved for 3 epochs"
   */
  public void request(String reason) {
    this.reason.compareAndSet(null, reason);
  }

  /** Requests the end of the run without a validation. */
  public void interrupt(String reason) {
    request(reason);
    interrupted = true;
  }

  /** Whether the run was interrupted. */
  public boolean interrupted() {
    return interrupted;
  }

  /** Whether the end was requested. */
  public boolean requested() {
    return reason.get() != null;
  }

  /** The reason given in the first request to stop; null if there was none. */
  public @Nullable String reason() {
    return reason.get();
  }
}
