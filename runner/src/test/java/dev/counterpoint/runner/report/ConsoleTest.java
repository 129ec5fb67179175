package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ConsoleTest {
  private final StringWriter shown = new StringWriter();
  private final PrintWriter screen = new PrintWriter(shown);
  private final Console console = new Console(screen, screen, true, () -> 80);

  @Test
  void theStatusIsWrittenOver() {
    console.status("one");
    console.status("two");

    assertThat(shown).hasToString("\rone\u001b[J\r\rtwo\u001b[J\r");
  }

  @Test
  void aRemarkComesAboveTheStatus() {
    console.status("status");
    shown.getBuffer().setLength(0);
    console.say("remark");

    assertThat(shown).hasToString("\r\u001b[Jremark\n\rstatus\u001b[J\r");
  }

  @Test
  void aResultComesAboveTheStatus() {
    console.status("status");
    shown.getBuffer().setLength(0);
    console.print("result");

    assertThat(shown).hasToString("\r\u001b[Jresult\n\rstatus\u001b[J\r");
  }

  @Test
  void withoutAStatusThereAreOnlyLines() {
    console.say("remark");
    console.print("result");

    assertThat(shown).hasToString("remark\nresult\n");
  }

  @Test
  void closingTakesTheStatusAwayForGood() {
    console.status("status");
    shown.getBuffer().setLength(0);
    console.close();
    console.status("late");
    console.say("remark");

    assertThat(shown).hasToString("\r\u001b[Jremark\n");
  }

  @Test
  void aReaderThatIsGoneIsNoFailureOfTheRun() {
    assertThat(Console.lost(failing("Broken pipe"))).isInstanceOf(OutputClosed.class);
  }

  @Test
  void aFullDiskIsTold() {
    assertThat(Console.lost(failing("No space left on device")))
        .isInstanceOf(RunFailed.class)
        .hasMessage("The output cannot be written: No space left on device.");
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
  void theLastColumnStaysFree() {
    assertThat(console.statusWidth()).isEqualTo(79);
  }
}
