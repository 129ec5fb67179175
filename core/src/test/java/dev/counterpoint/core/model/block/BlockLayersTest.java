package dev.counterpoint.core.model.block;

import static dev.counterpoint.core.model.Layers.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Layers;
import dev.counterpoint.core.model.Parts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockLayersTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void gatedFeedForwardEqualsTheMlpOfLlama() {
    JsonNode recorded = Layers.recorded("gated");
    GatedFeedForward layer = new GatedFeedForward(3, 5, Activation.SILU);
    try (Parts model = Parts.of(layer)) {
      for (String name : new String[] {"gate", "up", "down"}) {
        model.set("part." + name + ".weight", floats(recorded.path(name)));
      }

      NDArray y = layer.forward(manager.create(floats(recorded.path("x"))).reshape(2, 3));

      assertThat(y.toFloatArray()).containsExactly(floats(recorded.path("y")), within(1e-6f));
    }
  }

  @Test
  void rmsNormEqualsPyTorch() {
    JsonNode recorded = Layers.recorded("rms");
    RmsNorm layer = new RmsNorm(4, 1e-6);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", floats(recorded.path("weight")));

      NDArray y = layer.forward(manager.create(floats(recorded.path("x"))).reshape(3, 4));

      assertThat(y.toFloatArray()).containsExactly(floats(recorded.path("y")), within(1e-6f));
    }
  }
}
