package dev.counterpoint.runner.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A real training by three ranks. */
@EnabledOnOs(OS.LINUX)
final class HostileClientsTest {
  private static final int RANKS = 3;

  @TempDir private Path folder;

  @Test
  void aHundredUnauthenticatedClientsAtEveryPortDoNotDisturbARun() throws Exception {
    ChaosRun chaos = new ChaosRun(folder, RANKS);
    ChaosRun.Outcome whole = chaos.train((launcher, run) -> launcher.waitFor());

    try (HostileClients clients = new HostileClients()) {
      ChaosRun.Outcome attacked = chaos.train((launcher, run) -> clients.attack(launcher));

      assertThat(whole.modelHash()).as(whole.output()).hasSize(64);
      assertThat(attacked.code()).as(attacked.output()).isZero();
      assertThat(attacked.modelHash()).isEqualTo(whole.modelHash());
      assertThat(attacked.output()).doesNotContain("Starting all");
      assertThat(clients.attacked()).as("the tracker and the ring").hasSize(1 + RANKS);
      assertThat(clients.attacked().values())
          .as("loopback, as IPv4 or mapped to IPv6")
          .isSubsetOf("0100007F", "0000000000000000FFFF00000100007F");
      assertThat(clients.mostThreads()).isLessThan(150);
    }
  }
}
