package dev.counterpoint.runner.report;

import java.time.Duration;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line that is written over: how far a training is, and its figures. The library's thread draws
 * it five times a second from what was last shown; its own way to the terminal is not taken, as
 * that (JLine's) takes the handlers of Ctrl-C away.
 */
final class TrainingBar implements AutoCloseable {
  private static final int REDRAW_MILLIS = 200;
  private static final int SMALLEST = 4;

  private final ProgressBar bar;
  private volatile Supplier<String> figures = () -> "";

  TrainingBar(Console console, long step, long totalSteps) {
    bar =
        new ProgressBarBuilder()
            .setInitialMax(totalSteps)
            .startsFrom(step, Duration.ZERO)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .continuousUpdate()
            .setRenderer(this::draw)
            .setConsumer(new StatusLine(console))
            .build();
  }

  /**
   * Shows where the training stands.
   *
   * @param figures asked only when the line is drawn, on another thread
   */
  void show(long step, Supplier<String> figures) {
    this.figures = figures;
    bar.stepTo(step);
  }

  @Override
  public void close() {
    bar.close();
  }

  private String draw(ProgressState state, int width) {
    return line(state.getCurrent(), state.getMax(), figures.get(), width);
  }

  /** The bar has what the figures leave of the width; where that is too little, there is none. */
  static String line(long step, long totalSteps, String figures, int width) {
    String percent = " ".repeat(2) + 100 * step / totalSteps + "% ";
    String head = percent.substring(percent.length() - 5);
    String tail = " " + step + "/" + totalSteps + figures;
    int inside = width - head.length() - tail.length() - 2;
    String line =
        inside < SMALLEST ? head.strip() + tail : head + bar(step, totalSteps, inside) + tail;
    return line.substring(0, Math.min(width, line.length()));
  }

  private static String bar(long step, long totalSteps, int width) {
    int done = (int) (width * step / totalSteps);
    String head = done < width ? ">" : "";
    return "[" + "=".repeat(done) + head + " ".repeat(width - done - head.length()) + "]";
  }

  /** The library's way to the console. */
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
