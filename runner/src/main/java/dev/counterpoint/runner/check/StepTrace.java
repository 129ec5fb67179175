package dev.counterpoint.runner.check;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.checkpoint.ModelHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the loss, gradient norm and rate of each step, bit for bit, into a file, and where the run
 * keeps an average of its weights, which enters no loss, the beginning of its hash. A run that goes
 * on appends, so the steps that a kill undid are there twice.
 *
 * <pre>
 * start 0 of 3000 in 10 epochs
 * step 1 loss 0x1.6a09e6p-1 norm 0x1.2p1 rate 0x0.0p0 average 9f86d081884c7d65
 * </pre>
 */
public final class StepTrace implements Callback.ObservesAverage {
  private static final int LONGEST_ROW = 180;
  private static final int HASH_DIGITS = 16;

  private final Path file;
  private String average = "";

  public StepTrace(Path file) {
    this.file = file;
  }

  @Override
  public void onStart(TrainingStart start) {
    // The line before may have been cut short by a kill.
    append(
        "\nstart "
            + start.step()
            + " of "
            + start.totalSteps()
            + " in "
            + start.epochs()
            + " epochs\n");
  }

  @Override
  public void onAverage(Map<String, NDArray> averages) {
    average = " average " + ModelHash.of(averages).substring(0, HASH_DIGITS);
  }

  @Override
  public void onStep(StepReport report) {
    append(
        "step "
            + report.step()
            + " loss "
            + Double.toHexString(report.loss())
            + " norm "
            + Double.toHexString(report.gradientNorm())
            + " rate "
            + Double.toHexString(report.learningRate())
            + average
            + "\n");
  }

  /** One write a line, so that it is there whole when the process is killed after it. */
  private void append(String line) {
    try {
      Files.writeString(
          file,
          line,
          StandardCharsets.US_ASCII,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A step as it was made.
   *
   * @param life which process made it: 0 for the one that began the run
   * @param values loss, norm and rate, and where there is one the hash of the average
   */
  record Row(int life, long step, String values) {}

  /**
   * The life of one process of a run.
   *
   * @param from the step that it went on from
   */
  record Life(long from, long totalSteps, int epochs) {
    /** Whether it went on with an epoch that had begun. */
    boolean beganWithinAnEpoch() {
      return from % (totalSteps / epochs) != 0;
    }
  }

  /** What a trace holds. */
  record Content(List<Life> lives, List<Row> rows) {}

  /** Reads a trace; a line that a kill cut short is left out. */
  static Content read(Path file) throws IOException {
    List<Life> lives = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    if (Files.exists(file)) {
      String text = Files.readString(file, StandardCharsets.US_ASCII);
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
        String[] words = line.split(" ", -1);
        if (words[0].equals("start")) {
          lives.add(
              new Life(
                  Long.parseLong(words[1]), Long.parseLong(words[3]), Integer.parseInt(words[5])));
        } else if (words[0].equals("step") && words.length >= 8) {
          long step = Long.parseLong(words[1]);
          rows.add(new Row(lives.size() - 1, step, line.substring(line.indexOf("loss"))));
        }
      }
    }
    return new Content(List.copyOf(lives), List.copyOf(rows));
  }

  /** The step of the last row, found without reading what is before it; 0 where there is none. */
  static long lastStep(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(Math.max(0, channel.size() - LONGEST_ROW * 2));
      ByteBuffer end = ByteBuffer.allocate(LONGEST_ROW * 2);
      channel.read(end);
      String text = StandardCharsets.US_ASCII.decode(end.flip()).toString();
      int last = text.lastIndexOf("step ", text.lastIndexOf(" loss "));
      return last < 0 ? 0 : Long.parseLong(text.substring(last + 5, text.indexOf(' ', last + 5)));
    }
  }
}
