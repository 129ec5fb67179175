package dev.counterpoint.core.internal.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OtherProcessesTest {
  @TempDir private Path proc;

  @BeforeEach
  void allowCores() throws IOException {
    Files.createDirectory(proc.resolve("self"));
    write("self/status", "Name:\tjava\nCpus_allowed_list:\t0,2-3\n");
    ticks(0, 0, 0, 0, 0);
  }

  @Test
  void coresAreThoseThatTheProcessMayUse() {
    assertThat(new OtherProcesses(proc).cores()).isEqualTo(3);
  }

  @Test
  void usedCoresAreBusyTimeOfAllowedCoresMinusOwnTime() throws IOException {
    OtherProcesses others = new OtherProcesses(proc);

    ticks(100, 100, 50, 0, 50); // of 300 ticks 150 are busy, 50 of them of this process

    assertThat(others.contention(3)).hasValue(1.0);
    assertThat(others.contention(3)).as("since the previous call").isEmpty();
  }

  @Test
  void thereIsNoContentionIfEnoughCoresAreIdle() throws IOException {
    OtherProcesses others = new OtherProcesses(proc);

    ticks(100, 100, 50, 0, 50);

    assertThat(others.contention(2)).isEmpty();
  }

  @Test
  void smallLoadIsTolerated() throws IOException {
    OtherProcesses others = new OtherProcesses(proc);

    ticks(0, 20, 0, 0, 0);

    assertThat(others.contention(3)).isEmpty();
  }

  @Test
  void nothingIsMeasuredWithoutProc() {
    OtherProcesses others = new OtherProcesses(proc.resolve("none"));

    assertThat(others.cores()).isZero();
    assertThat(others.contention(2)).isEqualTo(OptionalDouble.empty());
  }

  /** Writes busy ticks of four cores of 100 ticks each, and the ticks of this process. */
  private void ticks(int core0, int core1, int core2, int core3, int own) throws IOException {
    StringBuilder stat = new StringBuilder("cpu  1 2 3 4 5 6 7 8 9 10\n");
    int[] busy = {core0, core1, core2, core3};
    long all = busy[0] + busy[1] + busy[2] + busy[3] == 0 ? 0 : 100;
    for (int core = 0; core < busy.length; core++) {
      stat.append("cpu" + core + " " + busy[core] + " 0 0 " + (all - busy[core]))
          .append(" 0 0 0 0 7 7\n");
    }
    write("stat", stat + "intr 5\n");
    write("self/stat", "9 (a) b) R 1 1 1 0 -1 0 0 0 0 0 " + own + " 0 0 0 20\n");
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(proc.resolve(file), text);
  }
}
