package dev.counterpoint.inference.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.config.Sample.Adam;
import dev.counterpoint.inference.internal.config.Sample.AdamW;
import dev.counterpoint.inference.internal.config.Sample.Constant;
import dev.counterpoint.inference.internal.config.Sample.Group;
import dev.counterpoint.inference.internal.config.Sample.Linear;
import dev.counterpoint.inference.internal.config.Sample.Pooling;
import dev.counterpoint.inference.internal.config.Sample.Run;
import dev.counterpoint.inference.internal.config.Sample.Sgd;
import dev.counterpoint.inference.internal.config.Sample.Training;
import dev.counterpoint.inference.internal.config.Sample.Transformer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BinderTest {
  private static final String SMALL =
      """
      name: small
      seed: 1
      model: transformer
      data: {train: {path: a.tsv}, labels: []}
      tags: {}
      """;

  @Test
  void bindsACompleteFile() {
    Run run = Sample.bind(Sample.FILE);

    assertThat(run.name()).isEqualTo("sentiment");
    assertThat(run.seed()).isEqualTo(17);
    assertThat(run.model()).isEqualTo(new Transformer(128, 4, Pooling.LAST_TOKEN));
    assertThat(run.data().train().path()).isEqualTo("train.tsv");
    assertThat(run.training().optimizer()).isEqualTo(new AdamW(5e-4, 0.8, 0.999));
    assertThat(run.training().schedule()).isEqualTo(new Linear(0.1));
    assertThat(run.training().groups())
        .containsExactly(
            new Group(List.of("embedding.*"), 1e-5), new Group(List.of("*.bias"), null));
    assertThat(run.tags()).isEqualTo(Map.of("owner.team", "nlp", "port", "8080"));
  }

  @Test
  void stringsThatLookLikeOtherTypesKeepTheirText() {
    assertThat(Sample.bind(Sample.FILE).data().labels()).containsExactly("no", "yes", "1.10");
  }

  @Test
  void absentKeysAreTakenFromDefaults() {
    Run run = Sample.bind(SMALL);

    assertThat(run.model()).isEqualTo(Transformer.defaults());
    assertThat(run.loss()).isNull();
    assertThat(run.data().validation()).isNull();
    assertThat(run.data().limit()).isEmpty();
  }

  @Test
  void absentRecordGetsItsDefaults() {
    assertThat(Sample.bind(SMALL).training()).isEqualTo(Training.defaults());
  }

  @Test
  void absentRecordWithoutDefaultsIsReported() {
    assertRejected(
        () -> Sample.bind(SMALL.replace("data: ", "date: ")),
        "sentiment.yaml: date is unknown & \"data\" & name, seed, model, data,"
            + " training, tags, loss & (line 4)",
        "sentiment.yaml: data is missing & train, validation, limit, labels");
  }

  @Test
  void keysWithoutTypeChangeTheDefaultImplementation() {
    Run run = Sample.bind(SMALL + "training: {optimizer: {beta1: 0.5}}");

    assertThat(run.training().optimizer()).isEqualTo(new AdamW(2e-3, 0.5, 0.999));
  }

  @Test
  void explicitTypeUsesItsOwnDefaults() {
    Run run = Sample.bind(SMALL + "training: {optimizer: {type: adamw, beta1: 0.5}}");

    assertThat(run.training().optimizer()).isEqualTo(new AdamW(1e-3, 0.5, 0.999));
  }

  @Test
  void stringIsShortFormOfType() {
    Run run = Sample.bind(SMALL + "training: {optimizer: sgd, schedule: constant}");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(0.01, 0));
    assertThat(run.training().schedule()).isEqualTo(new Constant());
  }

  @Test
  void nullClearsANullableKey() {
    Run run = Sample.bind(SMALL + "training: {clipNorm: null}");

    assertThat(run.training().clipNorm()).isNull();
  }

  @Test
  void optionalIsBound() {
    Run run = Sample.bind(SMALL.replace("labels: []", "labels: [], limit: 5") + "training: {}");

    assertThat(run.data().limit()).isEqualTo(Optional.of(5));
  }

  @ParameterizedTest
  @CsvSource({"5e-4,5e-4", "5.0e-4,5e-4", "1e3,1000", "3,3", ".5,0.5", "+2.,2", "5E-4,5e-4"})
  void numbersAreAcceptedInEveryNotation(String written, double value) {
    Run run =
        Sample.bind(SMALL + "training: {optimizer: {type: sgd, learningRate: " + written + "}}");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(value, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3.5|3.5 & integer",
        "1e3|1e3 & integer",
        "abc|\"abc\" & integer",
        "'\"3\"'|\"3\" & integer",
        "3000000000|3000000000 & integer & -2147483648 to 2147483647",
        "[1, 2]|[1, 2] & integer",
        "{a: b}|{a: \"b\"} & integer",
        "~|is empty & integer",
        "true|true & integer",
        "0|0 & greater than 0"
      })
  void invalidIntegerIsReported(String written, String fragments) {
    assertRejected(
        () -> Sample.bind(SMALL + "training:\n  epochs: " + written),
        "sentiment.yaml: training.epochs " + fragments + " & (line 7)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "1", "\"true\"", "on"})
  void onlyTrueAndFalseAreBooleans(String written) {
    assertThatThrownBy(() -> Sample.bind(SMALL + "training: {shuffle: " + written + "}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be true or false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "1e999", "'0.1'", "1_000", "0x10", "[]"})
  void invalidNumberIsReported(String written) {
    assertThatThrownBy(() -> Sample.bind(SMALL + "training: {clipNorm: " + written + "}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("training.clipNorm")
        .hasMessageContaining("a number (line 6)");
  }

  @Test
  void unknownTypeIsReportedWithASuggestion() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("type: adamw", "type: adamv")),
        "sentiment.yaml: training.optimizer.type \"adamv\" is unknown & did you mean \"adamw\"?"
            + " & adam, adamw, sgd, or a class name & (line 11)");
  }

  @Test
  void unknownTypeInShortFormIsReportedAtItsKey() {
    assertRejected(
        () -> Sample.bind(SMALL + "training: {schedule: cosine}"),
        "sentiment.yaml: training.schedule \"cosine\" is unknown & constant, linear, or a"
            + " class name & (line 6)");
  }

  @Test
  void unknownKeyIsReportedWithASuggestion() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("batchSize", "batch_size")),
        "sentiment.yaml: training.batch_size is unknown & did you mean \"batchSize\"? & epochs,"
            + " batchSize, optimizer, schedule, clipNorm, shuffle, groups & (line 9)");
  }

  @Test
  void knownKeysOfAnImplementationIncludeType() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("warmup", "warmUps")),
        "sentiment.yaml: training.schedule.warmUps is unknown & did you mean \"warmup\"? & type,"
            + " warmup & (line 14)");
  }

  @Test
  void unknownEnumConstantIsReportedWithASuggestion() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("last-token", "lasttoken")),
        "sentiment.yaml: model.pooling \"lasttoken\" is unknown & did you mean \"last-token\"?"
            + " & mean, last-token & (line 3)");
  }

  @Test
  void missingKeyIsReportedWithItsType() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("path: train.tsv", "")),
        "sentiment.yaml: data.train.path is missing & a string & (line 5)");
  }

  @Test
  void missingTypeIsReportedWithTheKnownTypes() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("type: transformer, ", "")),
        "sentiment.yaml: model.type is missing & transformer, or a class name & (line 3)");
  }

  @Test
  void listEntryIsReportedByIndex() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("1.0e-5", "tiny")),
        "sentiment.yaml: training.groups.0.learningRate \"tiny\" & a number & (line 17)");
  }

  @Test
  void scalarInsteadOfListIsRejected() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("[\"*.bias\"]", "bias")),
        "sentiment.yaml: training.groups.1.match \"bias\" & a list & [a, b] & (line 18)");
  }

  @Test
  void problemFoundByARecordIsReportedWithItsPath() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("heads: 4", "heads: 3")),
        "sentiment.yaml: model.heads 3 & width 128 & (line 3)");
  }

  @Test
  void allProblemsAreReportedTogether() {
    assertRejected(
        () ->
            Sample.bind(
                Sample.FILE
                    .replace("seed: 17", "sed: 17")
                    .replace("width: 128", "width: wide")
                    .replace("epochs: 3", "epochs: three")
                    .replace("batchSize: 32", "batchSize: -1")
                    .replace("beta1: 0.8", "beta1: 1.8")
                    .replace("type: linear", "type: liner")),
        "sentiment.yaml: sed is unknown & did you mean \"seed\"? & name, seed, model, data,"
            + " training, tags, loss & (line 2)",
        "sentiment.yaml: seed is missing & integer",
        "sentiment.yaml: model.width \"wide\" & integer & (line 3)",
        "sentiment.yaml: training.epochs \"three\" & integer & (line 8)",
        "sentiment.yaml: training.optimizer.beta1 1.8 & at least 0 & less than 1 & (line 13)",
        "sentiment.yaml: training.schedule.type \"liner\" is unknown & did you mean \"linear\"?"
            + " & constant, linear, or a class name & (line 14)",
        "sentiment.yaml: training.batchSize -1 & greater than 0 & (line 9)");
  }

  @Test
  void recordProblemThatMentionsAnUnreadableKeyIsOmitted() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("width: 128, heads: 4", "width: wide, heads: 3")),
        "sentiment.yaml: model.width \"wide\" & integer & (line 3)");
  }

  @Test
  void typeThatIsNotAStringIsRejected() {
    assertRejected(
        () -> Sample.bind(SMALL + "training: {schedule: {type: [linear]}}"),
        "sentiment.yaml: training.schedule.type [\"linear\"] & constant, linear, or a"
            + " class name & (line 6)");
  }

  @Test
  void listInsteadOfAnImplementationIsRejected() {
    assertRejected(
        () -> Sample.bind(SMALL + "training: {schedule: [linear]}"),
        "sentiment.yaml: training.schedule [\"linear\"] & a mapping"
            + " & constant, linear, or a class name & (line 6)");
  }

  @Test
  void componentOfUnsupportedJavaTypeIsReported() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "start: now", List.of());

    assertRejected(
        () -> Sample.binder().bind(tree, Odd.class),
        "odd.yaml: start & java.time.Instant & (line 1)");
  }

  @Test
  void illegalArgumentExceptionOfARecordIsReported() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "rule: {value: 3}", List.of());

    assertRejected(
        () -> Sample.binder().bind(tree, Unusable.class),
        "odd.yaml: rule & No value is allowed. & (line 1)");
  }

  @Test
  void otherExceptionOfARecordIsReported() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "failing: {value: 3}", List.of());

    assertRejected(
        () -> Sample.binder().bind(tree, Unusable.class),
        "odd.yaml: failing & java.lang.IllegalStateException: broken & (line 1)");
  }

  @Test
  void contractCanBeTheRootOfAFile() {
    SettingsTree tree = SettingsTree.load("rule.yaml", "{type: adam, learningRate: 1}", List.of());

    assertThat(Sample.binder().bind(tree, Sample.Rule.class)).isEqualTo(new Adam(1));
  }

  /**
   * Asserts that the call throws {@link InvalidSettings} with one message line for each expected
   * line. A message line must begin with the first of the fragments, which are separated by {@code
   * " & "}, end with a location if the last fragment is one, and contain the others.
   */
  static void assertRejected(ThrowingCallable call, String... expected) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            e -> {
              List<String> lines = e.getMessage().lines().toList();
              assertThat(lines).hasSameSizeAs(expected);
              for (int i = 0; i < expected.length; i++) {
                String[] fragments = expected[i].split(" & ");
                assertThat(lines.get(i)).startsWith(fragments[0]).contains(fragments);
                if (fragments[fragments.length - 1].startsWith("(")) {
                  assertThat(lines.get(i)).endsWith(fragments[fragments.length - 1]);
                }
              }
            });
  }

  public record Odd(java.time.Instant start) {}

  public record Unusable(
      @org.jspecify.annotations.Nullable Rejecting rule,
      @org.jspecify.annotations.Nullable Failing failing) {}

  public record Rejecting(int value) {
    public Rejecting {
      throw new IllegalArgumentException("No value is allowed.");
    }
  }

  public record Failing(int value) {
    public Failing {
      throw new IllegalStateException("broken");
    }
  }
}
