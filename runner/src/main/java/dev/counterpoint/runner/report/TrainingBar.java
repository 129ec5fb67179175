package dev.counterpoint.runner.report;

import java.time.Duration;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * Progress bar of a training run on the status line of a terminal. A thread of the progress-bar
 * library redraws it five times a second. The bar is printed through {@link Console}, because the
 * library's JLine terminal would replace the Ctrl-C handlers.
 */
final class TrainingBar implements AutoCloseable {
  private static final int REDRAW_MILLIS = 200;
  private static final int MIN_BAR_WIDTH = 4;

  private final ProgressBar bar;
  private volatile Supplier<String> figures = () -> "";

  TrainingBar(Console console, long step, long totalSteps) {
    bar =
        new ProgressBarBuilder()
            .setInitialMax(totalSteps)
            .startsFrom(step, Duration.ZERO)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .continuousUpdate()
            .setRenderer(
                (state, width) -> line(state.getCurrent(), state.getMax(), figures.get(), width))
            .setConsumer(new StatusLine(console))
            .build();
  }

  /**
   * Updates the bar.
   *
   * @param step the number of finished steps
   * @param figures supplies the text after the step; called at each redraw, on another thread
   */
  void show(long step, Supplier<String> figures) {
    this.figures = figures;
    bar.stepTo(step);
  }

  @Override
  public void close() {
    bar.close();
  }

  /**
   * Formats the line. The bar fills the width that the other parts leave free; it is omitted if
   * that is under four characters.
   */
  static String line(long step, long totalSteps, String figures, int width) {
    String percent = " ".repeat(2) + 100 * step / totalSteps + "% ";
    String head = percent.substring(percent.length() - 5);
    String tail = " " + step + "/" + totalSteps + figures;
    int inside = width - head.length() - tail.length() - 2;
    String line =
        inside < MIN_BAR_WIDTH ? head.strip() + tail : head + bar(step, totalSteps, inside) + tail;
    return line.substring(0, Math.min(width, line.length()));
  }

  private static String bar(long step, long totalSteps, int width) {
    int done = (int) (width * step / totalSteps);
    String head = done < width ? ">" : "";
    return "[" + "=".repeat(done) + head + " ".repeat(width - done - head.length()) + "]";
  }

  /** Prints the rendered bar to the status line of the console. */
  private record StatusLine(Console console) implements ProgressBarConsumer {
    @Override
    public int getMaxRenderedLength() {
      return console.statusWidth();
    }

    @Override
    public void accept(String line) {
      console.status(line);
    }

    @Override
    public void close() {
      console.status("");
    }
  }
}
