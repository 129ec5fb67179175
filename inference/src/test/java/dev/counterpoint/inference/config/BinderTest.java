package dev.counterpoint.inference.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.config.Sample.Adam;
import dev.counterpoint.inference.config.Sample.AdamW;
import dev.counterpoint.inference.config.Sample.Constant;
import dev.counterpoint.inference.config.Sample.Group;
import dev.counterpoint.inference.config.Sample.Linear;
import dev.counterpoint.inference.config.Sample.Pooling;
import dev.counterpoint.inference.config.Sample.Run;
import dev.counterpoint.inference.config.Sample.Sgd;
import dev.counterpoint.inference.config.Sample.Training;
import dev.counterpoint.inference.config.Sample.Transformer;
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
  void aWholeFileBecomesRecords() {
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
  void textsThatLookLikeOtherThingsStayAsTheyAreWritten() {
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
  void aRecordThatIsAbsentHasItsDefaults() {
    assertThat(Sample.bind(SMALL).training()).isEqualTo(Training.defaults());
  }

  @Test
  void aRecordThatIsAbsentAndHasNoDefaultsIsMissing() {
    refused(
        () -> Sample.bind(SMALL.replace("data: ", "date: ")),
        "sentiment.yaml: date is unknown; did you mean \"data\"? Known: name, seed, model, data,"
            + " training, tags, loss (line 4)",
        "sentiment.yaml: data is missing; it must be keys with values: train, validation, limit,"
            + " labels");
  }

  @Test
  void keysWithoutATypeChangeTheDefaultChoice() {
    Run run = Sample.bind(SMALL + "training: {optimizer: {beta1: 0.5}}");

    assertThat(run.training().optimizer()).isEqualTo(new AdamW(2e-3, 0.5, 0.999));
  }

  @Test
  void aTypeStartsFromItsOwnDefaults() {
    Run run = Sample.bind(SMALL + "training: {optimizer: {type: adamw, beta1: 0.5}}");

    assertThat(run.training().optimizer()).isEqualTo(new AdamW(1e-3, 0.5, 0.999));
  }

  @Test
  void aTextIsTheTypeAlone() {
    Run run = Sample.bind(SMALL + "training: {optimizer: sgd, schedule: constant}");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(0.01, 0));
    assertThat(run.training().schedule()).isEqualTo(new Constant());
  }

  @Test
  void nullEmptiesWhatMayBeEmpty() {
    Run run = Sample.bind(SMALL + "training: {clipNorm: null}");

    assertThat(run.training().clipNorm()).isNull();
  }

  @Test
  void anOptionalIsFilled() {
    Run run = Sample.bind(SMALL.replace("labels: []", "labels: [], limit: 5") + "training: {}");

    assertThat(run.data().limit()).isEqualTo(Optional.of(5));
  }

  @ParameterizedTest
  @CsvSource({"5e-4,5e-4", "5.0e-4,5e-4", "1e3,1000", "3,3", ".5,0.5", "+2.,2", "5E-4,5e-4"})
  void aNumberMayBeWrittenInAnyWay(String written, double value) {
    Run run =
        Sample.bind(SMALL + "training: {optimizer: {type: sgd, learningRate: " + written + "}}");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(value, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3.5|3.5 must be a whole number",
        "1e3|1e3 must be a whole number",
        "abc|\"abc\" must be a whole number",
        "'\"3\"'|\"3\" must be a whole number",
        "3000000000|3000000000 must be a whole number from -2147483648 to 2147483647",
        "[1, 2]|[1, 2] must be a whole number",
        "{a: b}|{a: \"b\"} must be a whole number",
        "~|is empty; it must be a whole number",
        "true|true must be a whole number",
        "0|0 must be greater than 0"
      })
  void aWrongWholeNumberIsNamed(String written, String message) {
    refused(
        () -> Sample.bind(SMALL + "training:\n  epochs: " + written),
        "sentiment.yaml: training.epochs " + message + " (line 7)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "1", "\"true\"", "on"})
  void onlyTrueAndFalseAreTruths(String written) {
    assertThatThrownBy(() -> Sample.bind(SMALL + "training: {shuffle: " + written + "}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be true or false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "1e999", "'0.1'", "1_000", "0x10", "[]"})
  void whatIsNoNumberIsRefused(String written) {
    assertThatThrownBy(() -> Sample.bind(SMALL + "training: {clipNorm: " + written + "}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be a number (line 6)");
  }

  @Test
  void anUnknownTypeIsNamedWithTheNearest() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("type: adamw", "type: adamv")),
        "sentiment.yaml: training.optimizer.type \"adamv\" is unknown; did you mean \"adamw\"?"
            + " Known: adam, adamw, sgd, or a class name (line 11)");
  }

  @Test
  void anUnknownTypeInShortFormIsNamedWhereItStands() {
    refused(
        () -> Sample.bind(SMALL + "training: {schedule: cosine}"),
        "sentiment.yaml: training.schedule \"cosine\" is unknown. Known: constant, linear, or a"
            + " class name (line 6)");
  }

  @Test
  void anUnknownKeyIsNamedWithTheNearest() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("batchSize", "batch_size")),
        "sentiment.yaml: training.batch_size is unknown; did you mean \"batchSize\"? Known: epochs,"
            + " batchSize, optimizer, schedule, clipNorm, shuffle, groups (line 9)");
  }

  @Test
  void anUnknownKeyOfAChoiceIsNamedWithItsType() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("warmup", "warmUps")),
        "sentiment.yaml: training.schedule.warmUps is unknown; did you mean \"warmup\"? Known: type,"
            + " warmup (line 14)");
  }

  @Test
  void anUnknownConstantIsNamedWithTheNearest() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("last-token", "lasttoken")),
        "sentiment.yaml: model.pooling \"lasttoken\" is unknown; did you mean \"last-token\"? Known:"
            + " mean, last-token (line 3)");
  }

  @Test
  void aMissingKeyIsNamedWithWhatItMustBe() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("path: train.tsv", "")),
        "sentiment.yaml: data.train.path is missing; it must be text (line 5)");
  }

  @Test
  void aMissingTypeIsNamedWithTheKnown() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("type: transformer, ", "")),
        "sentiment.yaml: model.type is missing; known: transformer, or a class name (line 3)");
  }

  @Test
  void anEntryOfAListIsNamedByItsIndex() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("1.0e-5", "tiny")),
        "sentiment.yaml: training.groups.0.learningRate \"tiny\" must be a number (line 17)");
  }

  @Test
  void aListIsNotASingleValue() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("[\"*.bias\"]", "bias")),
        "sentiment.yaml: training.groups.1.match \"bias\" must be a list, as in [a, b] (line 18)");
  }

  @Test
  void whatARecordChecksIsNamedByItsPath() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("heads: 4", "heads: 3")),
        "sentiment.yaml: model.heads 3 must divide width 128 (line 3)");
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    refused(
        () ->
            Sample.bind(
                Sample.FILE
                    .replace("seed: 17", "sed: 17")
                    .replace("width: 128", "width: wide")
                    .replace("epochs: 3", "epochs: three")
                    .replace("batchSize: 32", "batchSize: -1")
                    .replace("beta1: 0.8", "beta1: 1.8")
                    .replace("type: linear", "type: liner")),
        "sentiment.yaml: sed is unknown; did you mean \"seed\"? Known: name, seed, model, data,"
            + " training, tags, loss (line 2)",
        "sentiment.yaml: seed is missing; it must be a whole number",
        "sentiment.yaml: model.width \"wide\" must be a whole number (line 3)",
        "sentiment.yaml: training.epochs \"three\" must be a whole number (line 8)",
        "sentiment.yaml: training.optimizer.beta1 1.8 must be at least 0 and less than 1 (line 13)",
        "sentiment.yaml: training.schedule.type \"liner\" is unknown; did you mean \"linear\"? Known:"
            + " constant, linear, or a class name (line 14)",
        "sentiment.yaml: training.batchSize -1 must be greater than 0 (line 9)");
  }

  @Test
  void aCheckThatSpeaksOfAnUnreadableKeyIsNotTold() {
    refused(
        () -> Sample.bind(Sample.FILE.replace("width: 128, heads: 4", "width: wide, heads: 3")),
        "sentiment.yaml: model.width \"wide\" must be a whole number (line 3)");
  }

  @Test
  void aTypeThatIsNotATextIsRefused() {
    refused(
        () -> Sample.bind(SMALL + "training: {schedule: {type: [linear]}}"),
        "sentiment.yaml: training.schedule.type [\"linear\"] must be one of constant, linear, or a"
            + " class name (line 6)");
  }

  @Test
  void aListWhereAChoiceIsWantedIsRefused() {
    refused(
        () -> Sample.bind(SMALL + "training: {schedule: [linear]}"),
        "sentiment.yaml: training.schedule [\"linear\"] must be keys with values, or a type alone:"
            + " constant, linear, or a class name (line 6)");
  }

  @Test
  void aComponentThatNoRunFileCanGiveIsNamed() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "start: now", List.of());

    refused(
        () -> Sample.binder().bind(tree, Odd.class),
        "odd.yaml: start is of the type java.time.Instant, which no run file can give (line 1)");
  }

  @Test
  void anIllegalArgumentOfARecordBecomesAProblem() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "rule: {value: 3}", List.of());

    refused(
        () -> Sample.binder().bind(tree, Picky.class),
        "odd.yaml: rule is refused: I want none. (line 1)");
  }

  @Test
  void anyOtherFailureOfARecordBecomesAProblem() {
    SettingsTree tree = SettingsTree.load("odd.yaml", "failing: {value: 3}", List.of());

    refused(
        () -> Sample.binder().bind(tree, Picky.class),
        "odd.yaml: failing cannot be built: java.lang.IllegalStateException: broken (line 1)");
  }

  @Test
  void aContractCanBeTheWholeFile() {
    SettingsTree tree = SettingsTree.load("rule.yaml", "{type: adam, learningRate: 1}", List.of());

    assertThat(Sample.binder().bind(tree, Sample.Rule.class)).isEqualTo(new Adam(1));
  }

  static void refused(ThrowingCallable call, String... lines) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(String.join("\n", lines));
  }

  public record Odd(java.time.Instant start) {}

  public record Picky(
      @org.jspecify.annotations.Nullable Refusing rule,
      @org.jspecify.annotations.Nullable Failing failing) {}

  public record Refusing(int value) {
    public Refusing {
      throw new IllegalArgumentException("I want none.");
    }
  }

  public record Failing(int value) {
    public Failing {
      throw new IllegalStateException("broken");
    }
  }
}
