package dev.counterpoint.models.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.loss.SpanCrossEntropy;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.models.Reference;
import dev.counterpoint.models.bert.BertConfig.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compares BERT with outputs, gradients and optimizer steps of Hugging Face's implementation. */
class BertReferenceTest {
  private static final DataSpec DATA = DataSpec.ofText(128, 0, List.of("no", "yes"));
  private static final Map<String, String> INPUTS =
      Map.of(
          Batch.IDS, "in.input_ids",
          Batch.MASK, "in.attention_mask",
          Batch.TOKEN_TYPES, "in.token_type_ids");

  private final Reference classifierReference = new Reference("bert-tiny");
  private final Reference answerReference = new Reference("bert-qa-tiny");
  private final Torch.Recording noGradients = Torch.noGradients();
  private final NDScope scope = new NDScope();

  @AfterEach
  void close() {
    scope.suppressNotUsedWarning();
    scope.close();
    noGradients.close();
    classifierReference.close();
    answerReference.close();
  }

  @Test
  void hiddenStatesEqualHuggingFace() throws IOException {
    try (BertClassifier model = (BertClassifier) classifier();
        Batch batch = new Batch(classifierReference.batch(INPUTS), Device.cpu())) {
      NDArray last = model.body.forward(batch);
      classifierReference.check("out.hidden_states.0", model.body.embed(batch));
      classifierReference.check("out.last_hidden_state", last);
      classifierReference.check("out.pooler_output", model.body.pool(last));
      classifierReference.check("out.logits", model.forward(batch));
    }
  }

  @Test
  void missingMaskAndTypesMeanNoPaddingAndOneText() throws IOException {
    try (BaseModel model = classifier();
        Batch batch =
            new Batch(classifierReference.batch(Map.of(Batch.IDS, "in.input_ids")), Device.cpu())) {
      classifierReference.check("out.ids_only.logits", model.forward(batch));
    }
  }

  @Test
  void classifierLossAndGradientsEqualHuggingFace() throws IOException {
    try (BaseModel model = classifier()) {
      classifierReference.checkLossAndGradients(model, classifierBatch());
    }
  }

  @Test
  void classifierAdamWStepsEqualHuggingFace() throws IOException {
    try (BaseModel model = classifier()) {
      classifierReference.checkAdamW(
          model, classifierBatch(), name -> name.endsWith("attention.self.key.bias"));
    }
  }

  @Test
  void answerLogitsEqualHuggingFace() throws IOException {
    try (BertQuestionAnswerer model = (BertQuestionAnswerer) questionAnswerer();
        Batch batch = new Batch(answerReference.batch(INPUTS), Device.cpu())) {
      NDArray logits = model.forward(batch);
      answerReference.check("out.last_hidden_state", model.body.forward(batch));
      answerReference.check("out.start_logits", logits.get(":, :, 0"));
      answerReference.check("out.end_logits", logits.get(":, :, 1"));
    }
  }

  @Test
  void questionAnswererLossAndGradientsEqualHuggingFace() throws IOException {
    try (BaseModel model = questionAnswerer()) {
      answerReference.checkLossAndGradients(model, answerBatch("in."));
    }
  }

  @Test
  void questionAnswererAdamWStepsEqualHuggingFace() throws IOException {
    try (BaseModel model = questionAnswerer()) {
      answerReference.checkAdamW(
          model,
          answerBatch("in."),
          name ->
              name.endsWith("attention.self.key.bias")
                  || name.equals("qa_outputs.bias")
                  || name.equals("bert.encoder.layer.1.output.LayerNorm.bias"));
    }
  }

  @Test
  void answerOutsideOfTheTokensIsIgnored() throws IOException {
    try (BaseModel model = questionAnswerer();
        Batch batch = new Batch(answerBatch("in.outside."), Device.cpu())) {
      LossSum loss = model.loss(model.forward(batch), batch);
      assertThat(loss.total() / loss.weight())
          .isCloseTo(
              answerReference.get("out.outside.loss").getFloat(),
              within(Reference.OUTPUT_TOLERANCE));
    }
  }

  @Test
  void bertBaseHasTheKnownNumberOfParameters() {
    BertArchitecture base =
        new BertArchitecture(
            null,
            768,
            12,
            12,
            3_072,
            512,
            2,
            BertArchitecture.defaults().activation(),
            0.1,
            0.1,
            null,
            1e-12,
            0.02,
            true);
    DataSpec uncased = DataSpec.ofText(30_522, 0, List.of("no", "yes"));

    assertThat(parameters(Task.CLASSIFICATION, base, uncased)).isEqualTo(109_483_778);
    assertThat(parameters(Task.LANGUAGE_MODEL, base, uncased)).isEqualTo(109_514_298);
  }

  private static long parameters(Task task, BertArchitecture architecture, DataSpec data) {
    try (BaseModel model = new BertConfig(task, null, architecture).build(data)) {
      return ModelSummary.of(model).count();
    }
  }

  private HostBatch classifierBatch() {
    return classifierReference.batch(
        Map.of(
            Batch.IDS, "in.input_ids",
            Batch.MASK, "in.attention_mask",
            Batch.TOKEN_TYPES, "in.token_type_ids",
            Batch.LABELS, "in.labels"));
  }

  /** A batch whose labels are the recorded start and end positions. */
  private HostBatch answerBatch(String prefix) {
    long[] starts = answerReference.ids(prefix + "start_positions");
    long[] ends = answerReference.ids(prefix + "end_positions");
    return Spans.with(answerReference.batch(INPUTS), starts, ends);
  }

  private BaseModel classifier() throws IOException {
    return load(Task.CLASSIFICATION, classifierReference);
  }

  /** Uses Hugging Face's loss, in which padding positions are classes too. */
  private BaseModel questionAnswerer() throws IOException {
    BaseModel model = load(Task.QUESTION_ANSWERING, answerReference);
    model.replaceLoss((output, batch) -> new SpanCrossEntropy().of(output, batch.labels()));
    return model;
  }

  private static BaseModel load(Task task, Reference reference) throws IOException {
    BertConfig config = new BertConfig(task, reference.folder().toString(), null).resolve(Path::of);
    BaseModel model = config.build(DATA);
    model.initialize(Device.cpu(), 1);
    assertThat(config.loadInto(model, List.of(), Path::of)).isEmpty();
    return model;
  }
}
