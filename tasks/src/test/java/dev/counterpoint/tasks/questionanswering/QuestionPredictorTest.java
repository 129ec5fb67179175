package dev.counterpoint.tasks.questionanswering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.SpanCrossEntropy;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionPredictorTest {
  private static final String TEXT = "The town has a red bridge and a blue door.";

  @Test
  void predictsNoAnswerIfAllowed() throws IOException {
    AnswerExtraction noneAllowed = new AnswerExtraction(16, 30, true);

    assertThat(answers(noneAllowed, 1).get(0).start()).isEqualTo(-1);
  }

  @Test
  void doesNotPredictNoAnswerIfNotAllowed() throws IOException {
    List<QuestionPredictor.Answer> answers = answers(new AnswerExtraction(16, 30, false), 100);

    assertThat(answers).hasSizeGreaterThan(10).allMatch(answer -> answer.start() >= 0);
    assertThat(answers.stream().mapToDouble(QuestionPredictor.Answer::probability).sum())
        .isBetween(0.999, 1.001);
  }

  @Test
  void limitsTheLengthOfAnAnswer() throws IOException {
    assertThat(answers(new AnswerExtraction(16, 2, false), 100))
        .extracting(answer -> answer.text().split(" ").length)
        .contains(2)
        .allMatch(words -> words <= 2);
  }

  @Test
  void anUnpairedSurrogateIsRejected() {
    assertThatThrownBy(() -> new QuestionPredictor.Input("Which?", "a \ud800 door"))
        .isInstanceOf(InvalidSettings.class);
    assertThatThrownBy(() -> new QuestionPredictor.Input("Which\udc00?", "a door"))
        .isInstanceOf(InvalidSettings.class);
  }

  @Test
  void splitsWindowsWithTheStrideOfTraining() throws IOException {
    List<Long> windows = new ArrayList<>();
    for (int stride : new int[] {2, 14}) {
      FirstTokenModel model = new FirstTokenModel();
      predict(model, new AnswerExtraction(stride, 30, true), TEXT.repeat(9), 1);
      windows.add(model.rows);
      assertThat(model.tokens).isEqualTo(32);
    }

    assertThat(windows.get(1)).isGreaterThan(windows.get(0));
  }

  private static List<QuestionPredictor.Answer> answers(AnswerExtraction settings, int topK)
      throws IOException {
    return predict(new FirstTokenModel(), settings, TEXT, topK);
  }

  private static List<QuestionPredictor.Answer> predict(
      FirstTokenModel model, AnswerExtraction settings, String text, int topK) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 100, 1, true, true);
    Tokenizer json = TokenizerFolder.build(words, List.of(TEXT, "Which bridge?"));
    try (BaseModel initialized = model;
        QuestionPredictor predictor = new QuestionPredictor(initialized, json, 32, settings)) {
      initialized.initialize(Device.cpu(), 1);
      return predictor
          .answers(List.of(new QuestionPredictor.Input("Which bridge?", text)), topK)
          .get(0);
    }
  }

  /** Model that gives the highest logits to the first token, which represents no answer. */
  private static final class FirstTokenModel extends BaseModel {
    private long rows;
    private long tokens;

    @Override
    public NDArray forward(Batch batch) {
      rows = batch.ids().getShape().get(0);
      tokens = batch.ids().getShape().get(1);
      NDArray positions =
          batch.ids().getManager().arange((int) tokens).toType(DataType.FLOAT32, false);
      return positions.neg().reshape(1, tokens, 1).repeat(2, 2).repeat(0, rows);
    }

    @Override
    public Loss lossFunction() {
      return new SpanCrossEntropy();
    }
  }
}
