package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.lora.Lora;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Saved models give the same logits in plain PyTorch, which reads them by the names and shapes of
 * Hugging Face. Runs if {@code COUNTERPOINT_PYTHON} is set to a Python with PyTorch.
 */
@EnabledIfEnvironmentVariable(
    named = "COUNTERPOINT_PYTHON",
    matches = ".+",
    disabledReason = "COUNTERPOINT_PYTHON is not set to a Python with PyTorch")
class TorchReadBackTest {
  private static final DataSpec DATA = DataSpec.ofText(50, 0, List.of("a", "b", "c"));
  private static final long[] IDS = {3, 14, 15, 9, 26, 5, 35, 8, 9, 7};

  @TempDir Path folder;

  @Test
  void bertClassifierIsReadByPyTorch() throws Exception {
    assertReadBack(BertConfig.defaults().resolve(Path::of));
  }

  @Test
  void gpt2LanguageModelIsReadByPyTorch() throws Exception {
    assertReadBack(Gpt2Config.defaults().resolve(Path::of));
  }

  @Test
  void mergedBertAdapterIsReadByPyTorch() throws Exception {
    assertReadBackMerged(BertConfig.defaults().resolve(Path::of), List.of("query", "dense"));
  }

  @Test
  void mergedGpt2AdapterIsReadByPyTorch() throws Exception {
    assertReadBackMerged(Gpt2Config.defaults().resolve(Path::of), List.of("c_attn", "c_fc"));
  }

  private void assertReadBack(PretrainedConfig config) throws Exception {
    assertReadBack(config, model -> {});
  }

  /** Initializes the updates with random values, so that they change the output. */
  private void assertReadBackMerged(PretrainedConfig config, List<String> targets)
      throws Exception {
    assertReadBack(
        config,
        model -> {
          new Lora(null, 4, 8.0, targets, null, null, false).applyTo(model);
          model.initialize(Device.cpu(), 1);
          for (Parameter parameter : model.parameters()) {
            if (parameter.name().endsWith("lora_B.weight")) {
              NDArray value = parameter.value();
              try (Torch.Recording noGradients = Torch.noGradients()) {
                value.addi(value.getManager().randomNormal(value.getShape()).mul(0.1));
              }
            }
          }
          HostBatch batch = HostBatch.of(2, Map.of(Batch.IDS, HostTensor.of(IDS, 2, 5)));
          float[] adapted = new Predictor(model).predict(batch).floats();
          Lora.merge(model);
          assertThat(new Predictor(model).predict(batch).floats())
              .usingComparatorWithPrecision(1e-5f)
              .containsExactly(adapted);
        });
  }

  private void assertReadBack(PretrainedConfig config, Consumer<BaseModel> prepare)
      throws Exception {
    float[] logits;
    try (BaseModel model = config.build(DATA)) {
      prepare.accept(model);
      if (!model.initialized()) {
        model.initialize(Device.cpu(), 1);
      }
      ModelWeights.save(model.parameters(), folder.resolve("model.safetensors"));
      Files.writeString(folder.resolve("config.json"), config.huggingFaceConfig(DATA).toString());
      HostBatch batch = HostBatch.of(2, Map.of(Batch.IDS, HostTensor.of(IDS, 2, 5)));
      logits = new Predictor(model).predict(batch).floats();
    }

    assertThat(python()).usingComparatorWithPrecision(1e-5f).containsExactly(logits);
  }

  private float[] python() throws Exception {
    Path script = Path.of(TorchReadBackTest.class.getResource("/torch/read_back.py").toURI());
    Process process =
        new ProcessBuilder(
                System.getenv("COUNTERPOINT_PYTHON"),
                script.toString(),
                folder.toString(),
                "[[3, 14, 15, 9, 26], [5, 35, 8, 9, 7]]")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return new ObjectMapper().readValue(out, float[].class);
  }
}
