package dev.counterpoint.runner.report;

/** Progress bar of a training run, for the status line of a terminal. */
final class TrainingBar {
  private static final int MIN_BAR_WIDTH = 4;

  private TrainingBar() {}

  /**
   * Formats the line. The bar fills the width that the other parts leave free; it is omitted if
   * that is under four characters.
   *
   * @param step the number of finished steps
   * @param figures the text after the step
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
}
