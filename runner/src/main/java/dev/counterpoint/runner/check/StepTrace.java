package dev.counterpoint.runner.check;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.internal.storage.IoFailure;
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
 * Callback that writes the exact loss, gradient norm and learning rate of each step to a trace
 * file. If the run averages its weights, which do not affect the loss, the trace includes the start
 * of the averages' hash. A resumed run appends, so steps repeated after a kill occur twice.
 *
 * <pre>
 * start 0 of 3000 with 300 steps per epoch
 * step 1 loss 0x1.6a09e6p-1 norm 0x1.2p1 rate 0x0.0p0 average 9f86d081884c7d65
 * </pre>
 */
public final class StepTrace implements Callback.ObservesAverage {
  private static final int MAX_ROW_LENGTH = 180;
  private static final int HASH_DIGITS = 16;

  private final Path file;
  private String average = "";

  /** Creates the callback, which appends its trace to a file. */
  public StepTrace(Path file) {
    this.file = file;
  }

  @Override
  public void onStart(TrainingStart start) {
    // A kill may have truncated the previous line.
    append(
        "\nstart %s of %s with %s steps per epoch\n"
            .formatted(start.step(), start.totalSteps(), start.stepsPerEpoch()));
  }

  @Override
  public void onAverage(Map<String, NDArray> averages) {
    average = " average " + ModelHash.of(averages).substring(0, HASH_DIGITS);
  }

  @Override
  public void onStep(StepReport report) {
    append(
        "step %s loss %s norm %s rate %s%s\n"
            .formatted(
                report.step(),
                Double.toHexString(report.loss()),
                Double.toHexString(report.gradientNorm()),
                Double.toHexString(report.learningRate()),
                average));
  }

  /** Appends a line in a single write, so that it is complete if the process is killed later. */
  private void append(String line) {
    try {
      Files.writeString(
          file,
          line,
          StandardCharsets.US_ASCII,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(IoFailure.ofWrite(file, e));
    }
  }

  /**
   * One step.
   *
   * @param attempt the index of the process that computed it: 0 for the first, 1 after the first
   *     resume
   * @param values the loss, gradient norm and learning rate, and the averages' hash if present
   */
  record Row(int attempt, long step, String values) {}

  /**
   * One process of a run, which started or resumed it.
   *
   * @param from the step from which it resumed; 0 if it started the run
   */
  record Attempt(long from, long stepsPerEpoch) {
    /** Whether the process started in the middle of an epoch. */
    boolean startsWithinEpoch() {
      return from % stepsPerEpoch != 0;
    }
  }

  /** The parsed content of a trace file. */
  record Content(List<Attempt> attempts, List<Row> rows) {}

  /** Reads a trace file; a line truncated by a kill is skipped. */
  static Content read(Path file) throws IOException {
    List<Attempt> attempts = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    if (Files.exists(file)) {
      String text = Files.readString(file, StandardCharsets.US_ASCII);
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
        String[] words = line.split(" ", -1);
        if (words[0].equals("start")) {
          attempts.add(new Attempt(Long.parseLong(words[1]), Long.parseLong(words[5])));
        } else if (words[0].equals("step") && words.length >= 8) {
          long step = Long.parseLong(words[1]);
          rows.add(new Row(attempts.size() - 1, step, line.substring(line.indexOf("loss"))));
        }
      }
    }
    return new Content(List.copyOf(attempts), List.copyOf(rows));
  }

  /** The step of the last row, read from the end of the file; 0 if there are no rows. */
  static long lastStep(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(Math.max(0, channel.size() - MAX_ROW_LENGTH * 2));
      ByteBuffer end = ByteBuffer.allocate(MAX_ROW_LENGTH * 2);
      channel.read(end);
      String text = StandardCharsets.US_ASCII.decode(end.flip()).toString();
      int last = text.lastIndexOf("step ", text.lastIndexOf(" loss "));
      return last < 0 ? 0 : Long.parseLong(text.substring(last + 5, text.indexOf(' ', last + 5)));
    }
  }
}
