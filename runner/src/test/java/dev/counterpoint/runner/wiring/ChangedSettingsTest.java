package dev.counterpoint.runner.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ChangedSettingsTest {

  private static ObjectNode settings(String json) throws IOException {
    return (ObjectNode) Json.MAPPER.readTree(json.replace('\'', '"'));
  }

  @Test
  void defaultsAreLeftOut() throws IOException {
    assertThat(
            ChangedSettings.of(
                settings(
                    "{'seed': 17, 'threads': 'auto', 'training': {'epochs': 3, 'batchSize': 64,"
                        + " 'optimizer': {'type': 'adamw', 'learningRate': 0.01}}}")))
        .containsOnlyKeys("training.batchSize", "training.optimizer.learningRate");
  }

  @Test
  void defaultsOfTheEntriesOfAListAreLeftOut() throws IOException {
    assertThat(
            ChangedSettings.of(
                settings(
                    "{'callbacks': [{'type': 'tensorboard', 'histograms': true, 'every': 10},"
                        + " {'type': 'early-stop', 'metric': 'loss', 'patience': 5}]}")))
        .containsOnlyKeys(
            "callbacks.0.type",
            "callbacks.0.histograms",
            "callbacks.1.type",
            "callbacks.1.patience");
  }

  @Test
  void aSectionWithAClassOfTheUserIsListedWhole() throws IOException {
    assertThat(ChangedSettings.of(settings("{'seed': 1, 'model': {'type': 'Mine', 'width': 8}}")))
        .containsOnlyKeys("seed", "model.type", "model.width");
  }

  @Test
  void aReferenceIsNotResolved() throws IOException {
    assertThat(
            ChangedSettings.of(
                settings(
                    "{'data': {'type': 'tabular', 'train': {'path': '${file:/etc/passwd}'}}}")))
        .containsEntry("data.train.path", "${file:/etc/passwd}");
  }
}
