package dev.counterpoint.tasks.questionanswering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of SQuAD's evaluation script, by cases that were computed by hand. */
class AnswerScoreTest {
  @ParameterizedTest
  @CsvSource({
    "'The  Cat, sat!', 'cat sat'",
    "'an apple a day', 'apple day'",
    "'theatre', 'theatre'",
    "'a-b', 'ab'",
    "'U.S.', 'us'",
    "'The', ''",
    "'Zürich – «Ost»', 'zürich – «ost»'",
    "'$3.5', '35'",
    "'a_the', 'athe'",
  })
  void whatIsComparedHasNoCasePunctuationArticlesOrMoreSpaces(String text, String compared) {
    assertThat(AnswerScore.normalize(text)).isEqualTo(compared);
  }

  @Test
  void anAnswerIsRightWhereItIsOneOfThoseMarked() {
    List<String> marked = List.of("Norman dynasty", "the Normans");

    assertThat(AnswerScore.exact("Normans", marked)).isEqualTo(1);
    assertThat(AnswerScore.exact("norman dynasty.", marked)).isEqualTo(1);
    assertThat(AnswerScore.exact("Norman", marked)).isZero();
  }

  @Test
  void f1IsOfTheWordsInCommonWithTheBestOfThoseMarked() {
    // 1 of 1 found, 1 of 2 wanted: 2 * 1 * 0.5 / 1.5
    assertThat(AnswerScore.f1("Norman", List.of("Norman dynasty", "x")))
        .isCloseTo(2 / 3.0, within(1e-12));
    // "to be to" against "to to to": 2 in common
    assertThat(AnswerScore.f1("to be to", List.of("to to to"))).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(AnswerScore.f1("x y", List.of("z"))).isZero();
  }

  @Test
  void whereNoneIsMarkedOnlyNoAnswerIsRight() {
    assertThat(AnswerScore.exact("", List.of())).isEqualTo(1);
    assertThat(AnswerScore.f1("", List.of())).isEqualTo(1);
    assertThat(AnswerScore.exact("x", List.of())).isZero();
    assertThat(AnswerScore.f1("x", List.of())).isZero();
    assertThat(AnswerScore.f1("", List.of("x"))).isZero();
  }

  @Test
  void markedAnswersThatAreNothingButPunctuationDoNotCount() {
    assertThat(AnswerScore.exact("", List.of("the", "."))).isEqualTo(1);
    assertThat(AnswerScore.exact("", List.of("the", "x"))).isZero();
  }
}
