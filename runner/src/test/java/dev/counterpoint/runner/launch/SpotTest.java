package dev.counterpoint.runner.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Secret;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SpotTest {
  private static final Spot.Options NONE = new Spot.Options(null, null, null);
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
  void withoutOptionsAndVariablesAllRanksAreHere() {
    assertThat(Spot.of(NONE, Map.of())).isEmpty();
  }

  @Test
  void theOptionsSayAll() {
    assertThat(Spot.of(new Spot.Options(1, 2, "node1:2000"), Map.of()))
        .contains(new Spot(1, 2, 0, new Address("node1", 2000), "--rank, --world, --tracker"));
  }

  @Test
  void torchrunsVariablesAreRead() {
    assertThat(Spot.of(NONE, TORCHRUN))
        .contains(
            new Spot(
                3,
                4,
                1,
                new Address("node1", 29_500),
                "RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT"));
  }

  @Test
  void aPortThatTorchrunItselfListensOnIsLeftToIt() {
    assertThat(Spot.of(NONE, with(TORCHRUN, "TORCHELASTIC_USE_AGENT_STORE", "True")))
        .map(Spot::tracker)
        .contains(new Address("node1", 29_501));
  }

  @Test
  void slurmsVariablesAreRead() {
    assertThat(Spot.of(NONE, SLURM))
        .contains(
            new Spot(
                2,
                3,
                1,
                new Address("gpu03", 24_567),
                "SLURM_PROCID, SLURM_NTASKS, SLURM_JOB_NODELIST"));
  }

  @Test
  void aBatchScriptOfSlurmsIsNoStepOfIts() {
    Map<String, String> script = new HashMap<>(SLURM);
    script.remove("SLURM_STEP_ID");

    assertThat(Spot.of(NONE, script)).isEmpty();
  }

  @Test
  void aWorldOfOneSaysNothing() {
    assertThat(Spot.of(NONE, with(TORCHRUN, "WORLD_SIZE", "1"))).isEmpty();
  }

  @Test
  void eachPartIsTakenFromTheFirstThatHasIt() {
    Map<String, String> all = new HashMap<>(SLURM);
    all.putAll(TORCHRUN);
    all.put("COUNTERPOINT_TRACKER", "node7:7");

    assertThat(Spot.of(new Spot.Options(0, null, null), all))
        .contains(
            new Spot(0, 4, 1, new Address("node7", 7), "--rank, WORLD_SIZE, COUNTERPOINT_TRACKER"));
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> Spot.of(new Spot.Options(0, 2, null), Map.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "A run on several machines needs --rank, --world and --tracker; not given: where rank 0"
                + " is (--tracker HOST:PORT).");
  }

  @Test
  void aRankOutsideOfTheWorldIsRefused() {
    assertThatThrownBy(() -> Spot.of(new Spot.Options(2, 2, "a:1"), Map.of()))
        .hasMessage("--rank 2 must be less than --world, 2.");
  }

  @Test
  void anAddressWithoutAPortIsRefused() {
    assertThatThrownBy(() -> Spot.of(new Spot.Options(0, 2, "node1"), Map.of()))
        .hasMessageContaining("--tracker \"node1\" must be HOST:PORT");
  }

  @Test
  void aVariableThatIsNoNumberIsNamed() {
    assertThatThrownBy(() -> Spot.of(NONE, with(TORCHRUN, "RANK", "first")))
        .hasMessage("RANK \"first\" must be a whole number from 0.");
  }

  @Test
  void thePlaceOfARankIsReadAsItWasWritten() {
    Place place = new Place(1, 3, 1, new Address("::1", 4711), Secret.of("sesame"), true);

    Optional<Place> read = Place.of(place.environment());

    assertThat(read).map(Place::environment).contains(place.environment());
    assertThat(read).map(Place::tracker).contains(place.tracker());
  }

  @Test
  void aProcessWithoutARankIsNone() {
    assertThat(Place.of(Map.of("COUNTERPOINT_WORLD", "2"))).isEmpty();
  }

  @Test
  void aRankWithoutATrackerIsRefused() {
    assertThatThrownBy(() -> Place.of(Map.of("COUNTERPOINT_RANK", "0", "COUNTERPOINT_WORLD", "2")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("COUNTERPOINT_TRACKER must be set too");
  }

  private static Map<String, String> with(Map<String, String> map, String name, String value) {
    Map<String, String> more = new HashMap<>(map);
    more.put(name, value);
    return more;
  }
}
