package dev.counterpoint.inference.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.inference.internal.config.Sample.AdamW;
import dev.counterpoint.inference.internal.config.Sample.Run;
import dev.counterpoint.inference.internal.config.Sample.Training;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RoundTripTest {
  @Test
  void resolvedFileContainsEverySetting() {
    assertThat(Sample.binder().toYaml(Sample.bind(Sample.FILE)))
        .isEqualTo(
            """
            name: "sentiment"
            seed: 17
            model:
              type: "transformer"
              width: 128
              heads: 4
              pooling: "last-token"
            data:
              train:
                path: "train.tsv"
              labels:
              - "no"
              - "yes"
              - "1.10"
            training:
              epochs: 3
              batchSize: 32
              optimizer:
                type: "adamw"
                learningRate: 5.0E-4
                beta1: 0.8
                beta2: 0.999
              schedule:
                type: "linear"
                warmup: 0.1
              clipNorm: 1.0
              shuffle: true
              groups:
              - match:
                - "embedding.*"
                learningRate: 1.0E-5
              - match:
                - "*.bias"
            tags:
              owner.team: "nlp"
              port: "8080"
            """);
  }

  @Test
  void resolvedFileBindsToAnEqualRecord() {
    Run run = Sample.bind(Sample.FILE, "data.limit=3", "loss=sgd");

    assertThat(roundTrip(run)).isEqualTo(run);
  }

  @Test
  void nullRoundTrips() {
    Run run = Sample.bind(Sample.FILE, "training.clipNorm=null");

    assertThat(roundTrip(run).training().clipNorm()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        5e-4,
        1e300,
        -0.0,
        Double.MIN_VALUE,
        1.0 / 3,
        Double.NaN,
        Double.POSITIVE_INFINITY
      })
  void numbersRoundTrip(double number) {
    Run run = Sample.bind(Sample.FILE);
    Run changed = withClipNorm(run, number);

    assertThat(roundTrip(changed).training().clipNorm()).isEqualTo(Double.valueOf(number));
  }

  @Test
  void stringsRoundTrip() {
    Random random = new Random(7);
    String characters = "ab :#-'\"\\\n\t\r~*&!%@`{}[],>|?=.0é\uD83D\uDE00\u0085\u2028null";
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      random
          .ints(random.nextInt(8), 0, characters.codePointCount(0, characters.length()))
          .map(index -> characters.codePointAt(characters.offsetByCodePoints(0, index)))
          .forEach(text::appendCodePoint);
      Run run = withName(Sample.bind(Sample.FILE), text.toString());

      assertThat(roundTrip(run).name()).isEqualTo(text.toString());
    }
  }

  @Test
  void implementationAtTheRootIsWrittenWithItsType() {
    AdamW rule = new AdamW(1e-4, 0.5, 0.9);
    String yaml = Sample.binder().toYaml(rule);

    assertThat(
            Sample.binder()
                .bind(SettingsTree.load("rule.yaml", yaml, List.of()), Sample.Rule.class))
        .isEqualTo(rule);
  }

  private static Run roundTrip(Run run) {
    return Sample.bind(Sample.binder().toYaml(run));
  }

  private static Run withName(Run run, String name) {
    return new Run(
        name, run.seed(), run.model(), run.data(), run.training(), run.tags(), run.loss());
  }

  private static Run withClipNorm(Run run, double clipNorm) {
    Training old = run.training();
    Training training =
        new Training(
            old.epochs(),
            old.batchSize(),
            old.optimizer(),
            old.schedule(),
            clipNorm,
            old.shuffle(),
            old.groups());
    return new Run(
        run.name(), run.seed(), run.model(), run.data(), training, run.tags(), run.loss());
  }
}
