package dev.counterpoint.models.gpt2;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.models.Reference;
import dev.counterpoint.models.gpt2.Gpt2Config.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compares GPT-2 with outputs, gradients and optimizer steps of Hugging Face's implementation. */
class Gpt2ReferenceTest {
  private static final Map<String, String> INPUTS =
      Map.of(Batch.IDS, "in.input_ids", Batch.MASK, "in.attention_mask");

  private final Reference reference = new Reference("gpt2-tiny");
  private final Torch.Recording noGradients = Torch.noGradients();
  private final NDScope scope = new NDScope();

  @AfterEach
  void close() {
    scope.suppressNotUsedWarning();
    scope.close();
    noGradients.close();
    reference.close();
  }

  @Test
  void hiddenStatesAndLogitsEqualHuggingFace() throws IOException {
    try (Gpt2LanguageModel model = load();
        Batch batch = new Batch(reference.batch(INPUTS), Device.cpu())) {
      reference.check("out.last_hidden_state", model.body.forward(batch));
      reference.check("out.logits", model.forward(batch));
    }
  }

  @Test
  void missingMaskMeansNoPadding() throws IOException {
    try (Gpt2LanguageModel model = load();
        Batch batch = new Batch(reference.batch(Map.of(Batch.IDS, "in.input_ids")), Device.cpu())) {
      reference.check("out.ids_only.logits", model.forward(batch));
    }
  }

  @Test
  void lossAndGradientsEqualHuggingFace() throws IOException {
    try (Gpt2LanguageModel model = load()) {
      reference.checkLossAndGradients(model, labeledBatch());
    }
  }

  @Test
  void activationCheckpointingGivesTheSameGradients() throws IOException {
    try (Gpt2LanguageModel model = load()) {
      model.setActivationCheckpointing(true);
      reference.checkLossAndGradients(model, labeledBatch());
    }
  }

  @Test
  void adamWStepsEqualHuggingFace() throws IOException {
    try (Gpt2LanguageModel model = load()) {
      reference.checkAdamW(model, labeledBatch(), name -> name.endsWith("attn.c_attn.bias"));
    }
  }

  @Test
  void classifierUsesTheLastTokenThatIsNotPadding() {
    Gpt2Architecture architecture =
        new Gpt2Architecture(
            null,
            8,
            1,
            2,
            null,
            8,
            Gpt2Architecture.defaults().activation(),
            0,
            0,
            0,
            1e-5,
            0.5,
            true);
    DataSpec data = DataSpec.ofText(20, 0, List.of("a", "b", "c"));
    try (BaseModel model = new Gpt2Config(Task.CLASSIFICATION, null, architecture).build(data);
        Batch two = batch(new float[] {1, 1, 0, 0, 1, 1, 1, 1}, 2, 3, 4, 0, 0, 6, 7, 8, 9);
        Batch cut = batch(null, 1, 3, 4)) {
      model.initialize(Device.cpu(), 1);
      assertThat(model.forward(two).get(0).toFloatArray())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(model.forward(cut).get(0).toFloatArray());
    }
  }

  @Test
  void classifierSkipsThePaddingTokenAtTheEndOfATextAsInTransformers() {
    Gpt2Architecture architecture = Gpt2Architecture.defaults();
    DataSpec data = DataSpec.ofText(20, 0, List.of("a", "b", "c"));
    try (BaseModel model = new Gpt2Config(Task.CLASSIFICATION, null, architecture).build(data);
        Batch unmasked = batch(null, 1, 3, 4, 0);
        Batch cut = batch(null, 1, 3, 4)) {
      model.initialize(Device.cpu(), 1);
      model.setTraining(false);
      assertThat(model.forward(unmasked).get(0).toFloatArray())
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(model.forward(cut).get(0).toFloatArray());
    }
  }

  @Test
  void gpt2SmallHasTheKnownNumberOfParameters() {
    Gpt2Architecture small =
        new Gpt2Architecture(
            null,
            768,
            12,
            12,
            null,
            1_024,
            Gpt2Architecture.defaults().activation(),
            0.1,
            0.1,
            0.1,
            1e-5,
            0.02,
            true);
    try (BaseModel model =
        new Gpt2Config(Task.LANGUAGE_MODEL, null, small)
            .build(DataSpec.ofText(50_257, 50_256, List.of()))) {
      assertThat(ModelSummary.of(model).count()).isEqualTo(124_439_808);
    }
  }

  private static Batch batch(float[] mask, int examples, long... ids) {
    Map<String, HostTensor> tensors = new HashMap<>();
    tensors.put(Batch.IDS, HostTensor.of(ids, examples, ids.length / examples));
    if (mask != null) {
      tensors.put(Batch.MASK, HostTensor.of(mask, examples, ids.length / examples));
    }
    return new Batch(HostBatch.of(examples, tensors), Device.cpu());
  }

  /**
   * The recorded labels are the tokens themselves; here the label of each position is the next
   * token.
   */
  private HostBatch labeledBatch() {
    long[] ids = reference.ids("in.labels");
    long[] shape = reference.get("in.labels").getShape().getShape();
    int tokens = (int) shape[1];
    long[] next = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      next[i] = i % tokens == tokens - 1 ? CrossEntropy.IGNORED : ids[i + 1];
    }
    HostBatch inputs = reference.batch(INPUTS);
    Map<String, HostTensor> tensors = new HashMap<>(inputs.tensors());
    tensors.put(Batch.LABELS, HostTensor.of(next, shape));
    return HostBatch.of(inputs.size(), tensors);
  }

  private Gpt2LanguageModel load() throws IOException {
    Gpt2Config config =
        new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, reference.folder().toString(), null)
            .resolve(Path::of);
    Gpt2LanguageModel model =
        (Gpt2LanguageModel) config.build(DataSpec.ofText(128, 127, List.of()));
    model.initialize(Device.cpu(), 1);
    assertThat(config.loadInto(model, List.of(), Path::of)).isEmpty();
    return model;
  }
}
