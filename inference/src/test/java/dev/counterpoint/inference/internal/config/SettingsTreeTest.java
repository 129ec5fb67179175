package dev.counterpoint.inference.internal.config;

import static dev.counterpoint.inference.internal.config.BinderTest.assertRejected;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.internal.config.Sample.AdamW;
import dev.counterpoint.inference.internal.config.Sample.Linear;
import dev.counterpoint.inference.internal.config.Sample.Run;
import dev.counterpoint.inference.internal.config.Sample.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SettingsTreeTest {
  @Test
  void originIsTheLineOrTheOptionOfASetting() {
    SettingsTree tree =
        SettingsTree.load("r.yaml", "a: 1\nb:\n  schedule: cosine\nc: [7]\n", List.of("a=2"));

    assertThat(tree.origin("a")).hasValue("--set a=2");
    assertThat(tree.origin("b.schedule.type")).hasValue("line 3");
    assertThat(tree.origin("c.0")).hasValue("line 4");
    assertThat(tree.origin("b.schedule.warmup")).isEmpty();
    assertThat(tree.origin("b.other")).isEmpty();
    assertThat(tree.origin("d")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\u0085b", "a \u2028 b", "\u2029", "\u007f\u0092", "\ufeff", "\ud83d\ude00"})
  void stringsOfJsonAreKept(String label) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("labels").add(label);

    assertThat(SettingsTree.ofJson("config.json", json).strings("labels")).containsExactly(label);
  }

  @Test
  void setOverridesTheFile() {
    Run run = Sample.bind(Sample.FILE, "training.epochs=7", "training.optimizer.learningRate=1e-3");

    assertThat(run.training().epochs()).isEqualTo(7);
    assertThat(run.training().optimizer()).isEqualTo(new AdamW(1e-3, 0.8, 0.999));
  }

  @Test
  void laterSetOverridesEarlierSet() {
    assertThat(Sample.bind(Sample.FILE, "seed=1", "seed=2").seed()).isEqualTo(2);
  }

  @Test
  void setAcceptsListsAndMaps() {
    Run run =
        Sample.bind(
            Sample.FILE, "data.labels=[a, b]", "training.schedule={type: linear, warmup: .5}");

    assertThat(run.data().labels()).containsExactly("a", "b");
    assertThat(run.training().schedule()).isEqualTo(new Linear(0.5));
  }

  @Test
  void setChangesAListEntry() {
    Run run = Sample.bind(Sample.FILE, "training.groups.1.learningRate=0.5");

    assertThat(run.training().groups().get(1).learningRate()).isEqualTo(0.5);
    assertThat(run.training().groups().get(0).learningRate()).isEqualTo(1e-5);
  }

  @Test
  void setCreatesMissingKeys() {
    Run run = Sample.bind(Sample.FILE, "data.validation.path=dev.tsv", "training.clipNorm=2");

    assertThat(run.data().validation()).isEqualTo(new Sample.File("dev.tsv"));
    assertThat(run.training().clipNorm()).isEqualTo(2.0);
  }

  @Test
  void valueMayContainAnEqualsSign() {
    assertThat(Sample.bind(Sample.FILE, "name=a=b").name()).isEqualTo("a=b");
  }

  @Test
  void emptyValueClearsTheKey() {
    assertThat(Sample.bind(Sample.FILE, "training.clipNorm=").training().clipNorm()).isNull();
  }

  @Test
  void changedTypeDropsTheKeysOfTheFile() {
    Run run = Sample.bind(Sample.FILE, "training.optimizer.type=sgd");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(1e-2, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"|", ">", "#", "-", "*", ":", ","})
  void aSingleSignIsAText(String sign) {
    assertThat(Sample.bind(Sample.FILE, "name=" + sign).name()).isEqualTo(sign);
  }

  @Test
  void droppedKeysAreReported() {
    assertThat(notes(Sample.FILE, "training.optimizer.type=sgd"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains(
            "--set training.optimizer.type=sgd",
            "training.optimizer.learningRate, training.optimizer.beta1");
    assertThat(notes(Sample.FILE, "training.schedule.type=constant"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("training.schedule.warmup");
    assertThat(notes(Sample.FILE, "model.type=" + Sample.Transformer.class.getName())).isEmpty();
    assertThat(notes(Sample.FILE, "training.optimizer.type=adamw")).isEmpty();
    assertThat(notes(Sample.FILE, "training.epochs=9")).isEmpty();
  }

  private static List<String> notes(String file, String... sets) {
    List<String> notes = new ArrayList<>();
    SettingsTree tree = SettingsTree.load("sentiment.yaml", file, List.of(sets));
    Sample.binder().bind(tree, Run.class, notes::add);
    return notes;
  }

  @Test
  void changedTypeKeepsTheKeysOfOtherSets() {
    for (List<String> sets :
        List.of(
            List.of("training.optimizer.learningRate=0.5", "training.optimizer.type=sgd"),
            List.of("training.optimizer.type=sgd", "training.optimizer.learningRate=0.5"))) {
      Run run = Sample.bind(Sample.FILE, sets.toArray(String[]::new));

      assertThat(run.training().optimizer()).isEqualTo(new Sgd(0.5, 0));
    }
  }

  @Test
  void unchangedTypeKeepsAllKeys() {
    Run run = Sample.bind(Sample.FILE, "training.optimizer.type=adamw");

    assertThat(run.training().optimizer()).isEqualTo(new AdamW(5e-4, 0.8, 0.999));
  }

  @Test
  void changedTypeInShortFormDropsAllKeys() {
    Run run = Sample.bind(Sample.FILE, "training.optimizer=sgd");

    assertThat(run.training().optimizer()).isEqualTo(new Sgd(1e-2, 0));
  }

  @Test
  void setKeyUnknownToTheNewTypeIsRejected() {
    assertRejected(
        () ->
            Sample.bind(Sample.FILE, "training.optimizer.type=sgd", "training.optimizer.beta2=0.9"),
        "sentiment.yaml: training.optimizer.beta2 is unknown & type, learningRate, momentum"
            + " & (--set training.optimizer.beta2=0.9)");
  }

  @Test
  void unknownKeyInTheFileIsRejectedIfTheTypeIsUnchanged() {
    assertRejected(
        () -> Sample.bind(Sample.FILE.replace("beta1", "beta"), "training.optimizer.type=adamw"),
        "sentiment.yaml: training.optimizer.beta is unknown & did you mean \"beta1\"? & type,"
            + " learningRate, beta1, beta2 & (line 13)");
  }

  @Test
  void setAddsKeysToAShortForm() {
    String file = Sample.FILE.replace("{type: linear, warmup: 0.1}", "linear");

    assertThat(Sample.bind(file, "training.schedule.warmup=0.3").training().schedule())
        .isEqualTo(new Linear(0.3));
  }

  @Test
  void setCannotAddKeysToAString() {
    assertRejected(
        () -> Sample.bind(Sample.FILE, "name.first=x"),
        "sentiment.yaml: name \"sentiment\" is a single value & (line 1)");
  }

  @Test
  void invalidSetValueIsReportedWithItsSet() {
    assertRejected(
        () -> Sample.bind(Sample.FILE, "training.epochs=many"),
        "sentiment.yaml: training.epochs \"many\" & integer & (--set training.epochs=many)");
  }

  @Test
  void allInvalidSetsAreReported() {
    assertRejected(
        () ->
            load(
                "a: 3\nb: [1, 2]\nc: []",
                "a.x=1",
                "b.2=1",
                "b.first=1",
                "c.0=1",
                "novalue",
                "=3",
                "a..b=3",
                "a={b: 1"),
        "--set a.x=1 & a is the single value 3",
        "--set b.2=1 & b is a list & 0 to 1",
        "--set b.first=1 & b is a list & 0 to 1",
        "--set c.0=1 & c is an empty list",
        "--set novalue & key=value",
        "--set =3 & key=value",
        "--set a..b=3 & key=value",
        "--set a={b: 1 & \"{\" & not closed & (line 1, column 1: {b: 1)");
  }

  @Test
  void anchorsAndMergeKeysAreResolved() {
    String file =
        Sample.FILE.replace("train: {path: train.tsv}", "train: &t {path: a}\n  validation: *t")
            + "loss: &base {type: adamw, beta1: 0.1}\n";
    Run run =
        Sample.bind(
            file.replace("tags: {owner.team: nlp, port: 8080}", "tags: {<<: {a: x, b: y}, b: z}"));

    assertThat(run.data().validation()).isEqualTo(run.data().train());
    assertThat(run.tags()).containsEntry("a", "x").containsEntry("b", "z");
  }

  static List<List<String>> invalidFiles() {
    return List.of(
        List.of("", "f.yaml is empty & \"key: value\""),
        List.of("# nothing\n", "f.yaml is empty & \"key: value\""),
        List.of("- a\n- b\n", "f.yaml & a list & \"key: value\""),
        List.of("name:x\n", "f.yaml & \"name:x\" & colon & \"key: value\""),
        List.of("a: 1\nb:\n  c: 2\n\td: 3\n", "f.yaml has a tab & (line 4, column 1: d: 3)"),
        List.of("a: 1\nb: {c: 1}\na: 2\n", "f.yaml: a is defined twice & (lines 1 and 3)"),
        List.of("b: {c: 1,\n c: 2}\n", "f.yaml: b.c is defined twice & (lines 1 and 2)"),
        List.of(
            "a: 1\nb: 1: 2\n", "f.yaml has a \":\" & not allowed & (line 2, column 5: b: 1: 2)"),
        List.of(
            "a: {b: 1\nc: 2\n", "f.yaml has a \"{\" & not closed & (line 1, column 4: a: {b: 1)"),
        List.of("a: [1, 2\n", "f.yaml has a \"[\" & not closed & (line 1, column 4: a: [1, 2)"),
        List.of(
            "a: 1\nb: 'x\nc: 2\n", "f.yaml has a quote & not closed & (line 2, column 4: b: 'x)"),
        List.of("a:\n  b: 1\n c: 2\n", "f.yaml & indentation & (line 3, column 2: c: 2)"),
        List.of("a: *x\n", "f.yaml has an alias *x & anchor &x & (line 1, column 4: a: *x)"),
        List.of("a: *\n", "f.yaml has an alias without a name & (line 1, column 5: a: *)"),
        List.of("a: 1\nb\n", "f.yaml has a line & \"key: value\" & (line 3, column 1)"),
        List.of("a: @x\n", "f.yaml & starts with \"@\" & quotes & (line 1, column 4: a: @x)"),
        List.of("a: - b\n", "f.yaml has a \"- \" & not allowed & (line 1, column 4: a: - b)"),
        List.of(
            "a: \"\\q\"\n",
            "f.yaml has the unknown escape \"\\q\" & (line 1, column 6: a: \"\\q\")"),
        List.of("a: [1]]\n", "f.yaml has a \"]\" & (line 1, column 7: a: [1]])"),
        List.of(
            "{a: 1, , b}\n",
            "f.yaml has a \",\" & value is expected & (line 1, column 8: {a: 1, , b})"),
        List.of("a: 1\n---\nb: 2\n", "f.yaml has a second document & (line 2, column 1: ---)"),
        List.of("a: 1\nb: \u0001\n", "f.yaml & character & code 1 & (line 2)"),
        List.of("a: !!int 3\nb: !x y\n", "f.yaml: b has the tag !x & (line 2)"),
        List.of("a: &a [*a]\n", "f.yaml: a.0 & alias & (line 1)"),
        List.of("a:\n  \"\": 3\n", "f.yaml: a & key & empty & (line 2)"),
        List.of("a:\n  ? [b]\n  : 3\n", "f.yaml: a & key & not a string & (line 2)"),
        List.of("a: {<<: 3}\n", "f.yaml: a.<< & alias & (line 1)"),
        List.of(
            "a: " + "[".repeat(60) + "]".repeat(60),
            "f.yaml & YAML: Nesting Depth exceeded max 50"));
  }

  @ParameterizedTest
  @MethodSource("invalidFiles")
  void invalidYamlIsRejectedWithItsLocation(List<String> textAndFragments) {
    assertRejected(() -> load(textAndFragments.get(0)), textAndFragments.get(1));
  }

  @Test
  void allDuplicateKeysAreReported() {
    assertRejected(
        () -> load("a: 1\na: 2\nb: 1\nb: 2\n"),
        "f.yaml: a is defined twice & (lines 1 and 2)",
        "f.yaml: b is defined twice & (lines 3 and 4)");
  }

  @Test
  void expansionOfNestedAliasesIsLimited() {
    StringBuilder file = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 7; i++) {
      file.append("a%d: &a%d [".formatted(i, i) + "*a%d, ".formatted(i - 1).repeat(7) + "x]\n");
    }

    assertRejected(() -> load(file.toString()), "f.yaml & 100000 values & aliases");
  }

  @Test
  void locateAddsTheLocationOfProblemsFoundLater() {
    SettingsTree tree = load("a:\n  b: 1\n  c: [1, 2]", "a.d=3");

    assertThat(
            tree.locate(
                List.of(
                    new Problem("a.b", "is odd"),
                    new Problem("a.c.1", "is odd"),
                    new Problem("a.d", "is odd"),
                    new Problem("a.missing", "is odd"),
                    new Problem("", "All is odd."))))
        .hasMessage(
            """
            f.yaml: a.b is odd (line 2)
            f.yaml: a.c.1 is odd (line 3)
            f.yaml: a.d is odd (--set a.d=3)
            f.yaml: a.missing is odd (line 1)
            f.yaml: All is odd.""");
  }

  private static SettingsTree load(String yaml, String... sets) {
    return SettingsTree.load("f.yaml", yaml, List.of(sets));
  }
}
