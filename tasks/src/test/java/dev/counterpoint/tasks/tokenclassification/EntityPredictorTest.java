package dev.counterpoint.tasks.tokenclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.util.List;
import java.util.regex.MatchResult;
import org.junit.jupiter.api.Test;

class EntityPredictorTest {
  @Test
  void entitiesHaveTypePositionAndText() throws IOException {
    List<List<Entity>> entities =
        predict(EntityPredictor.Words.TEXT, "\uD83D\uDE00 see Rome, Oslo.", "", "none");

    assertThat(entities.get(0))
        .extracting(Entity::type, Entity::text, Entity::start, Entity::end)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("city", "Rome", 6, 10),
            org.assertj.core.groups.Tuple.tuple("city", "Oslo", 12, 16));
    assertThat(entities.get(0).get(0).probability()).isGreaterThan(0.9);
    assertThat(entities.get(1)).isEmpty();
    assertThat(entities.get(2)).isEmpty();
  }

  @Test
  void everyWordOfALongTextIsRead() throws IOException {
    assertThat(predict(EntityPredictor.Words.TEXT, "see Rome ".repeat(40)).get(0)).hasSize(40);
  }

  @Test
  void wordsAreSeparatedByBlanks() throws IOException {
    assertThat(predict(EntityPredictor.Words.BLANKS, "Rome, Oslo .").get(0))
        .extracting(Entity::text)
        .containsExactly("Rome,", "Oslo");
  }

  @Test
  void anUnpairedSurrogateIsRejected() {
    assertThatThrownBy(() -> predict(EntityPredictor.Words.TEXT, "see \ud800 Rome"))
        .isInstanceOf(InvalidSettings.class);
  }

  @Test
  void textIsSplitLikeTheWordsOfTraining() {
    assertThat(
            EntityPredictor.Words.TEXT
                .of("@paulwalk It's U.S.-made: http://t.co/a?b=1 #x (é)!")
                .stream()
                .map(MatchResult::group))
        .containsExactly(
            "@paulwalk",
            "It",
            "'s",
            "U.S",
            ".",
            "-",
            "made",
            ":",
            "http://t.co/a?b=1",
            "#x",
            "(",
            "é",
            ")",
            "!");
  }

  private static List<List<Entity>> predict(EntityPredictor.Words split, String... texts)
      throws IOException {
    TokenizerSettings settings =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 100, 1, false, true);
    Tokenizer tokenizer = TokenizerFolder.build(settings, List.of("Rome Rome Oslo Oslo", "see"));
    try (BaseModel model = new FrequentWords();
        EntityPredictor predictor =
            new EntityPredictor(model, tokenizer, 16, List.of("O", "B-city", "I-city"))) {
      model.initialize(Device.cpu(), 1);
      return predictor.entities(List.of(texts), split);
    }
  }

  /** Model for which the tokens with the ids 4 and 5 are cities. */
  private static final class FrequentWords extends BaseModel {
    @Override
    public NDArray forward(Batch batch) {
      NDArray city = batch.ids().eq(4).logicalOr(batch.ids().eq(5)).toType(DataType.FLOAT32, false);
      return city.neg()
          .add(0.5)
          .stack(city.sub(0.5), 2)
          .concat(city.mul(0).sub(1).expandDims(2), 2)
          .mul(9);
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }
}
