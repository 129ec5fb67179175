package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.strategies.internal.network.Secret;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ClusterEnvironmentTest {
  private static final ClusterEnvironment.Options NONE =
      new ClusterEnvironment.Options(null, null, null);
  private static final Map<String, String> TORCHRUN =
      Map.of(
          "RANK", "3",
          "WORLD_SIZE", "4",
          "LOCAL_RANK", "1",
          "MASTER_ADDR", "node1",
          "MASTER_PORT", "29500");
  private static final Map<String, String> SLURM =
      Map.of(
          "SLURM_STEP_ID", "0",
          "SLURM_PROCID", "2",
          "SLURM_NTASKS", "3",
          "SLURM_LOCALID", "1",
          "SLURM_JOB_ID", "1234567",
          "SLURM_JOB_NODELIST", "gpu[03-05,9],login1");

  @Test
  void withoutOptionsAndVariablesAllRanksAreLocal() {
    assertThat(ClusterEnvironment.of(NONE, Map.of())).isEmpty();
  }

  @Test
  void optionsAlone() {
    assertThat(ClusterEnvironment.of(new ClusterEnvironment.Options(1, 2, "node1:2000"), Map.of()))
        .contains(
            new ClusterEnvironment(
                1, 2, 0, new Address("node1", 2000), "--rank, --world-size, --tracker"));
  }

  @Test
  void torchrunsVariablesAreRead() {
    assertThat(ClusterEnvironment.of(NONE, TORCHRUN))
        .contains(
            new ClusterEnvironment(
                3,
                4,
                1,
                new Address("node1", 29_500),
                "RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT"));
  }

  @Test
  void thePortOfTorchrunsOwnStoreIsNotUsed() {
    assertThat(ClusterEnvironment.of(NONE, with(TORCHRUN, "TORCHELASTIC_USE_AGENT_STORE", "True")))
        .map(ClusterEnvironment::tracker)
        .contains(new Address("node1", 29_501));
  }

  @Test
  void slurmsVariablesAreRead() {
    assertThat(ClusterEnvironment.of(NONE, SLURM))
        .contains(
            new ClusterEnvironment(
                2,
                3,
                1,
                new Address("gpu03", 24_567),
                "SLURM_PROCID, SLURM_NTASKS, SLURM_JOB_NODELIST"));
  }

  @Test
  void aSlurmBatchScriptIsNotAStep() {
    Map<String, String> script = new HashMap<>(SLURM);
    script.remove("SLURM_STEP_ID");

    assertThat(ClusterEnvironment.of(NONE, script)).isEmpty();
  }

  @Test
  void aSingleTaskIsIgnored() {
    assertThat(ClusterEnvironment.of(NONE, with(TORCHRUN, "WORLD_SIZE", "1"))).isEmpty();
  }

  @Test
  void eachValueIsTakenFromTheFirstSource() {
    Map<String, String> all = new HashMap<>(SLURM);
    all.putAll(TORCHRUN);
    all.put("COUNTERPOINT_TRACKER", "node7:7");

    assertThat(ClusterEnvironment.of(new ClusterEnvironment.Options(0, null, null), all))
        .contains(
            new ClusterEnvironment(
                0, 4, 1, new Address("node7", 7), "--rank, WORLD_SIZE, COUNTERPOINT_TRACKER"));
  }

  @Test
  void aMissingValueIsNamed() {
    assertThatThrownBy(
            () -> ClusterEnvironment.of(new ClusterEnvironment.Options(0, 2, null), Map.of()))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("--tracker HOST:PORT");
  }

  @Test
  void aRankOutsideOfTheWorldIsRefused() {
    assertThatThrownBy(
            () -> ClusterEnvironment.of(new ClusterEnvironment.Options(2, 2, "a:1"), Map.of()))
        .hasMessageContainingAll("--rank 2", "--world-size 2");
  }

  @Test
  void anAddressWithoutAPortIsRefused() {
    assertThatThrownBy(
            () -> ClusterEnvironment.of(new ClusterEnvironment.Options(0, 2, "node1"), Map.of()))
        .hasMessageContaining("--tracker \"node1\"");
  }

  @Test
  void anInvalidNumberIsNamed() {
    assertThatThrownBy(() -> ClusterEnvironment.of(NONE, with(TORCHRUN, "RANK", "first")))
        .hasMessageContaining("RANK \"first\"");
  }

  @Test
  void theRankEnvironmentOfARankIsReadAsItWasWritten() {
    RankEnvironment written =
        new RankEnvironment(1, 3, 1, new Address("::1", 4711), Secret.of("sesame"));

    Optional<RankEnvironment> read = RankEnvironment.of(written.variables());

    assertThat(read).map(RankEnvironment::variables).contains(written.variables());
    assertThat(read).map(RankEnvironment::tracker).contains(written.tracker());
  }

  @Test
  void aProcessWithoutTheVariableIsNotARank() {
    assertThat(RankEnvironment.of(Map.of("COUNTERPOINT_WORLD", "2"))).isEmpty();
  }

  @Test
  void aRankWithoutATrackerIsRefused() {
    assertThatThrownBy(
            () -> RankEnvironment.of(Map.of("COUNTERPOINT_RANK", "0", "COUNTERPOINT_WORLD", "2")))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("COUNTERPOINT_TRACKER");
  }

  private static Map<String, String> with(Map<String, String> map, String name, String value) {
    Map<String, String> more = new HashMap<>(map);
    more.put(name, value);
    return more;
  }
}
