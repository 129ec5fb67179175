package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConsoleTest {
  private final StringWriter output = new StringWriter();
  private final PrintWriter writer = new PrintWriter(output);
  private final Console console = new Console(writer, writer, true, () -> 80);

  @Test
  void linesAreCopiedToAFileWithTimeAndLevel(@TempDir Path folder) throws IOException {
    Path log = folder.resolve("run.log");
    console.log("zero");
    console.copyTo(log);
    console.log("one\ntwo\u001b[1m");
    console.print("result");
    console.record("ERROR", "failed");

    assertThat(Files.readAllLines(log))
        .satisfiesExactly(
            line -> assertThat(line).endsWith(" INFO zero"),
            line -> assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z INFO one"),
            line -> assertThat(line).contains(" INFO two").doesNotContain("\u001b"),
            line -> assertThat(line).endsWith(" INFO result"),
            line -> assertThat(line).endsWith(" ERROR failed"));
  }

  @Test
  void aNameCannotEndALineOrMoveTheCursor() {
    String name = "train\nmodel: verified\u001b[1A\u202e.tsv";
    console.print(name + "\t1");
    console.print("%s", name);
    console.log("%s", name);

    assertThat(output.toString().lines())
        .containsExactly(
            "train\\nmodel: verified\\u001b[1A\\u202e.tsv\t1",
            "train\\nmodel: verified\\u001b[1A\\u202e.tsv",
            "train\\nmodel: verified\\u001b[1A\\u202e.tsv");
  }

  @Test
  void aLogThatCannotBeWrittenIsNamedOnce(@TempDir Path folder) {
    console.copyTo(folder.resolve("gone/run.log"));
    console.log("one");
    console.log("two");

    assertThat(output.toString()).containsOnlyOnce("/run.log").contains("one", "two");
  }

  @Test
  void statusLineIsOverwritten() {
    console.status("one");
    console.status("two");

    assertThat(output).hasToString("\rone\u001b[J\r\rtwo\u001b[J\r");
  }

  @Test
  void remarkIsPrintedAboveStatusLine() {
    console.status("status");
    output.getBuffer().setLength(0);
    console.log("remark");

    assertThat(output).hasToString("\r\u001b[Jremark\n\rstatus\u001b[J\r");
  }

  @Test
  void resultIsPrintedAboveStatusLine() {
    console.status("status");
    output.getBuffer().setLength(0);
    console.print("result");

    assertThat(output).hasToString("\r\u001b[Jresult\n\rstatus\u001b[J\r");
  }

  @Test
  void withoutStatusLinePlainLinesArePrinted() {
    console.log("remark");
    console.print("result");

    assertThat(output).hasToString("remark\nresult\n");
  }

  @Test
  void closeRemovesStatusLinePermanently() {
    console.status("status");
    output.getBuffer().setLength(0);
    console.close();
    console.status("late");
    console.log("remark");

    assertThat(output).hasToString("\r\u001b[Jremark\n");
  }

  @Test
  void closedPipeIsNotAFailedRun() {
    assertThat(Console.failure(failing("Broken pipe"))).isInstanceOf(OutputClosed.class);
  }

  @Test
  void fullDiskIsReported() {
    assertThat(Console.failure(failing("No space left on device")))
        .isInstanceOf(RunFailed.class)
        .hasMessageContaining("No space left on device");
  }

  private static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  @Test
  void statusLineLeavesLastColumnFree() {
    assertThat(console.statusWidth()).isEqualTo(79);
  }
}
