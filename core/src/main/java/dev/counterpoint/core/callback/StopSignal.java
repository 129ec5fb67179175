package dev.counterpoint.core.callback;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks a run to end after the step at hand, with everything saved. Any thread may ask; the first
 * reason stays.
 */
public final class StopSignal {
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();

  /**
   * Asks for the end.
   *
   * @param why for people to read, as "validation loss has not improved for 3 epochs"
   */
  public void request(String why) {
    reason.compareAndSet(null, why);
  }

  public boolean requested() {
    return reason.get() != null;
  }

  public @Nullable String reason() {
    return reason.get();
  }
}
