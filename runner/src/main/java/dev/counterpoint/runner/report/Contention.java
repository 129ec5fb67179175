package dev.counterpoint.runner.report;

import dev.counterpoint.core.internal.thread.OtherProcesses;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Formats;
import java.util.function.Supplier;

/** Text for a progress line if other processes take cores that the training needs. */
public final class Contention implements Supplier<String> {
  private static final long SECONDS_BETWEEN_SAMPLES = 2;

  private final OtherProcesses others = new OtherProcesses();
  private long sampled = System.nanoTime();
  private String text = "";

  @Override
  public synchronized String get() {
    long now = System.nanoTime();
    if (now - sampled > SECONDS_BETWEEN_SAMPLES * 1_000_000_000L) {
      sampled = now;
      text = "";
      others
          .contention(Torch.threads())
          .ifPresent(
              used ->
                  text =
                      Formats.of(", other processes use %.1f of %d cores", used, others.cores()));
    }
    return text;
  }
}
