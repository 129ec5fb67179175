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

/** BERT against what Hugging Face's computed with the same weights. */
class BertReferenceTest {
  private static final DataSpec DATA = DataSpec.ofText(128, 0, List.of("no", "yes"));
  private static final Map<String, String> READ =
      Map.of(
          Batch.IDS, "in.input_ids",
          Batch.MASK, "in.attention_mask",
          Batch.TOKEN_TYPES, "in.token_type_ids");

  private final Reference classifying = new Reference("bert-tiny");
  private final Reference answering = new Reference("bert-qa-tiny");
  private final Torch.Recording off = Torch.noGradients();
  private final NDScope scope = new NDScope();

  @AfterEach
  void close() {
    scope.suppressNotUsedWarning();
    scope.close();
    off.close();
    classifying.close();
    answering.close();
  }

  @Test
  void theVectorsAreThoseOfHuggingFace() throws IOException {
    try (BertClassifier model = (BertClassifier) classifier();
        Batch batch = new Batch(classifying.batch(READ), Device.cpu())) {
      NDArray last = model.body().forward(batch);
      classifying.check("out.hidden_states.0", model.body().embed(batch));
      classifying.check("out.last_hidden_state", last);
      classifying.check("out.pooler_output", model.body().pool(last));
      classifying.check("out.logits", model.forward(batch));
    }
  }

  @Test
  void withoutMaskAndTypesAllIsSeenAndOfTheFirstText() throws IOException {
    try (BaseModel model = classifier();
        Batch batch =
            new Batch(classifying.batch(Map.of(Batch.IDS, "in.input_ids")), Device.cpu())) {
      classifying.check("out.ids_only.logits", model.forward(batch));
    }
  }

  @Test
  void lossAndGradientsOfAClassifierAreThoseOfHuggingFace() throws IOException {
    try (BaseModel model = classifier()) {
      classifying.checkLossAndGradients(model, labelled());
    }
  }

  @Test
  void fiveStepsOfAdamWLeadAClassifierWhereTheyLeadHuggingFace() throws IOException {
    try (BaseModel model = classifier()) {
      classifying.checkAdamW(model, labelled(), name -> name.endsWith("attention.self.key.bias"));
    }
  }

  @Test
  void theEndsOfAnAnswerAreThoseOfHuggingFace() throws IOException {
    try (BertQuestionAnswerer model = (BertQuestionAnswerer) answerer();
        Batch batch = new Batch(answering.batch(READ), Device.cpu())) {
      NDArray logits = model.forward(batch);
      answering.check("out.last_hidden_state", model.body().forward(batch));
      answering.check("out.start_logits", logits.get(":, :, 0"));
      answering.check("out.end_logits", logits.get(":, :, 1"));
    }
  }

  @Test
  void lossAndGradientsOfAnAnswererAreThoseOfHuggingFace() throws IOException {
    try (BaseModel model = answerer()) {
      answering.checkLossAndGradients(model, asked("in."));
    }
  }

  @Test
  void fiveStepsOfAdamWLeadAnAnswererWhereTheyLeadHuggingFace() throws IOException {
    try (BaseModel model = answerer()) {
      answering.checkAdamW(
          model,
          asked("in."),
          name ->
              name.endsWith("attention.self.key.bias")
                  || name.equals("qa_outputs.bias")
                  || name.equals("bert.encoder.layer.1.output.LayerNorm.bias"));
    }
  }

  @Test
  void anAnswerBehindTheTokensDoesNotCount() throws IOException {
    try (BaseModel model = answerer();
        Batch batch = new Batch(asked("in.outside."), Device.cpu())) {
      LossSum loss = model.loss(model.forward(batch), batch);
      assertThat(loss.total() / loss.weight())
          .isCloseTo(answering.get("out.outside.loss").getFloat(), within(Reference.OUTPUTS));
    }
  }

  @Test
  void itHasTheSizeOfBertBase() {
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
            0.02);
    DataSpec uncased = DataSpec.ofText(30_522, 0, List.of("no", "yes"));

    assertThat(parameters(Task.CLASSIFICATION, base, uncased)).isEqualTo(109_483_778);
    assertThat(parameters(Task.LANGUAGE_MODEL, base, uncased)).isEqualTo(109_514_298);
  }

  private static long parameters(Task task, BertArchitecture sizes, DataSpec data) {
    try (BaseModel model = new BertConfig(task, null, sizes).build(data)) {
      return ModelSummary.of(model).count();
    }
  }

  private HostBatch labelled() {
    return classifying.batch(
        Map.of(
            Batch.IDS, "in.input_ids",
            Batch.MASK, "in.attention_mask",
            Batch.TOKEN_TYPES, "in.token_type_ids",
            Batch.LABELS, "in.labels"));
  }

  /** A batch whose labels are the recorded first and last positions side by side. */
  private HostBatch asked(String prefix) {
    long[] starts = answering.ids(prefix + "start_positions");
    long[] ends = answering.ids(prefix + "end_positions");
    return Spans.with(answering.batch(READ), starts, ends);
  }

  private BaseModel classifier() throws IOException {
    return load(Task.CLASSIFICATION, classifying);
  }

  /** With Hugging Face's loss, in which padding is one of the places. */
  private BaseModel answerer() throws IOException {
    BaseModel model = load(Task.QUESTION_ANSWERING, answering);
    model.replaceLoss((output, batch) -> SpanCrossEntropy.defaults().of(output, batch.labels()));
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
