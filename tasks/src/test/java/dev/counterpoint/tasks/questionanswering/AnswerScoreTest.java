package dev.counterpoint.tasks.questionanswering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules of SQuAD's evaluation script, checked with values computed by hand. */
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
  void normalizesCasePunctuationArticlesAndSpaces(String text, String normalized) {
    assertThat(AnswerScore.normalize(text)).isEqualTo(normalized);
  }

  @Test
  void exactMatchAcceptsAnyReference() {
    List<String> references = List.of("Norman dynasty", "the Normans");

    assertThat(AnswerScore.exact("Normans", references)).isEqualTo(1);
    assertThat(AnswerScore.exact("norman dynasty.", references)).isEqualTo(1);
    assertThat(AnswerScore.exact("Norman", references)).isZero();
  }

  @Test
  void f1IsTheMaximumOverTheReferences() {
    // Precision 1 of 1, recall 1 of 2: 2 * 1 * 0.5 / 1.5
    assertThat(AnswerScore.f1("Norman", List.of("Norman dynasty", "x")))
        .isCloseTo(2 / 3.0, within(1e-12));
    // "to be to" and "to to to" have 2 words in common.
    assertThat(AnswerScore.f1("to be to", List.of("to to to"))).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(AnswerScore.f1("x y", List.of("z"))).isZero();
  }

  @Test
  void withoutAReferenceOnlyTheEmptyAnswerIsCorrect() {
    assertThat(AnswerScore.exact("", List.of())).isEqualTo(1);
    assertThat(AnswerScore.f1("", List.of())).isEqualTo(1);
    assertThat(AnswerScore.exact("x", List.of())).isZero();
    assertThat(AnswerScore.f1("x", List.of())).isZero();
    assertThat(AnswerScore.f1("", List.of("x"))).isZero();
  }

  @Test
  void referencesThatNormalizeToNothingAreIgnored() {
    assertThat(AnswerScore.exact("", List.of("the", "."))).isEqualTo(1);
    assertThat(AnswerScore.exact("", List.of("the", "x"))).isZero();
  }
}
