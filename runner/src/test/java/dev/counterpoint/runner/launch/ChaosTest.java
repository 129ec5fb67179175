package dev.counterpoint.runner.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real trainings by two ranks with injected faults; {@link ChaosRun} injects many at random. */
@DisabledOnOs(OS.WINDOWS)
final class ChaosTest {
  private static final List<ChaosRun.Fault> FAULTS =
      List.of(
          new ChaosRun.Fault("rank-0001", "KILL"),
          new ChaosRun.Fault("rank-0000", "STOP"),
          new ChaosRun.Fault("rank-0000", "KILL"));

  @TempDir private Path folder;

  @Test
  void killedAndSuspendedProcessesDoNotChangeTheModel() throws Exception {
    ChaosRun chaos = new ChaosRun(folder, 2);
    ChaosRun.Outcome whole = chaos.train(0, (number, run) -> FAULTS.get(number));

    ChaosRun.Outcome disturbed =
        chaos.train(
            FAULTS.size(),
            (number, run) -> {
              ChaosRun.awaitProgress(run);
              return FAULTS.get(number);
            });

    assertThat(whole.modelHash()).hasSize(64);
    assertThat(disturbed.code()).as(disturbed.output()).isZero();
    assertThat(disturbed.modelHash()).isEqualTo(whole.modelHash());
    assertThat(disturbed.injections())
        .extracting(ChaosRun.Injection::target)
        .containsExactly("rank 1", "rank 0", "rank 0");
    assertThat(disturbed.output())
        .containsPattern("Rank 1 \\(process \\d+\\) was killed by SIGKILL")
        .containsPattern("Rank 0 \\(process \\d+\\) does not respond")
        .containsPattern("Rank 0 \\(process \\d+\\) was killed by SIGKILL");
  }
}
