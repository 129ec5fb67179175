package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class WaitPolicyTest {
  private final WaitPolicy policy = new WaitPolicy();
  private NDManager manager;
  private Set<Thread> before;

  @BeforeEach
  void loadEngine() {
    manager = Torch.newManager(Device.cpu());
    before = new HashSet<>(idleTeams());
  }

  @AfterEach
  void close() {
    policy.spin();
    manager.close();
  }

  @Test
  void idleTeamsMakeMoreThreadsThanCores() {
    policy.sleep(4, 16);

    // With the team that computes 4 + 5 * 3 = 19 threads; four idle teams would make 16.
    assertThat(added()).hasSize(5);
  }

  @Test
  void oneIdleTeamIsEnoughIfAllCoresCompute() {
    policy.sleep(2, 2);
    policy.sleep(2, 2);

    assertThat(added()).hasSize(1);
  }

  @Test
  void idleTeamsEndWithContention() throws InterruptedException {
    policy.sleep(2, 2);
    List<Thread> teams = added();
    policy.spin();

    for (Thread team : teams) {
      team.join(10_000);
      assertThat(team.isAlive()).isFalse();
    }
  }

  @Test
  void singleThreadNeverWaits() {
    policy.sleep(1, 2);

    assertThat(added()).isEmpty();
  }

  private List<Thread> added() {
    return idleTeams().stream().filter(thread -> !before.contains(thread)).toList();
  }

  private static Collection<Thread> idleTeams() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("openmp-idle-team"))
        .toList();
  }
}
