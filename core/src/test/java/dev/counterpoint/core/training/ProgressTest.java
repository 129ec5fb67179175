package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The position of a run is saved and restored. */
final class ProgressTest {
  private static final long STEPS_PER_EPOCH = 3;

  @Test
  void everyPositionIsRestored() {
    Progress progress = new Progress();
    for (int i = 0; i < 7; i++) {
      assertThat(restored(saved(progress))).usingRecursiveComparison().isEqualTo(progress);
      progress.epochBegins();
      progress.stepDone(0.5, 2);
      assertThat(restored(saved(progress))).usingRecursiveComparison().isEqualTo(progress);
      progress.validated();
      progress.endEpoch(STEPS_PER_EPOCH);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "step, -1",
    "step, 5",
    "step, 1000000000000000000",
    "epoch, 0",
    "epoch, 3",
    "epoch, 1000000000000000000",
    "stepInEpoch, -1",
    "stepInEpoch, 4",
    "stepInEpoch, 1000000000",
    "validatedStep, -1",
    "validatedStep, 5",
    "step, first",
  })
  void impossiblePositionIsRejected(String name, String value) {
    Progress progress = new Progress();
    for (int i = 0; i < 4; i++) {
      progress.stepDone(0.5, 2);
      progress.endEpoch(STEPS_PER_EPOCH);
    }
    ObjectNode json = saved(progress);
    json.set(
        name,
        value.equals("first") ? json.textNode(value) : json.numberNode(Long.parseLong(value)));

    assertThatThrownBy(() -> restored(json))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("\"" + name + "\":");
  }

  private static ObjectNode saved(Progress progress) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    progress.saveTo(json);
    return json;
  }

  private static Progress restored(ObjectNode json) {
    Progress restored = new Progress();
    restored.restoreFrom(json, STEPS_PER_EPOCH);
    return restored;
  }
}
