package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.check.HistoryCheck;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code check history} finds forged checkpoints and changed data, code and settings. */
@Timeout(300)
final class HistoryTest {
  private static final String MODEL = "model.safetensors";

  /** The folder of the run, whose files name it. */
  @TempDir private static Path folder;

  @TempDir private static Path copies;
  private static SmallRun small;
  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws IOException {
    small = SmallRun.in(folder);
    small.train();
    Folders.copy(folder, copies.resolve("honest"));
  }

  @BeforeEach
  void restore() throws IOException {
    new LocalDisk().delete(folder);
    Folders.copy(copies.resolve("honest"), folder);
  }

  @Test
  void anUnchangedRunIsVerifiedRecomputedAndNotChanged() throws IOException {
    Map<Path, String> before = small.files();

    check(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains("steps 0 to 6", lastLink())
        .doesNotContain("model: NOT verified");
    assertThat(small.files()).isEqualTo(before);
  }

  @Test
  void everythingThatIsNotRecomputedIsPrinted() throws IOException {
    trainAgain("--until", "2");
    String replaced = Files.readString(history());
    trainAgain("--set", "seed=18");
    Files.writeString(history(), replaced + Files.readString(history()));
    Folders.copy(checkpoint(4), small.run().resolve("checkpoints/copy"));
    Folders.copy(checkpoint(4), small.run().resolve("checkpoints/other"));
    flipLastByte(small.run().resolve("checkpoints/other").resolve(MODEL));
    writeUnlinked(1);
    flipLastByte(small.run().resolve("model").resolve(MODEL));
    small.edit("run/run.yaml", "keep: 9", "keep: 1");
    small.edit("run/provenance.json", "\"keep\" : 9", "\"keep\" : 1");

    check(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains(
            "NOT verified: 1 link",
            "NOT verified: the position in the data of step 2",
            "checkpoints/other: NOT verified",
            "checkpoints/step-00000001: NOT verified",
            "model: NOT verified")
        .containsPattern("checkpoints/copy: its weights .*step 4");
  }

  @Test
  void otherWeightsOfTheModelAreNotVerified() throws IOException {
    assertThat(verified()).containsEntry("model", 3L);

    flipLastByte(small.run().resolve("model").resolve(MODEL));
    assertThat(verified()).doesNotContainKey("model");
  }

  @Test
  void aSegmentIsRecomputedFromTheStartToADeletedCheckpoint() throws IOException {
    trainAgain("--set", "checkpoint.keep=1");
    assertThat(checkpoint(2)).doesNotExist();

    check(ExitCode.SUCCESS, "--from", "0", "--to", "2");
    assertThat(terminal.out()).contains("steps 0 to 2");
  }

  @Test
  void aRunWithOtherSettingsAfterAResumeIsRecomputed() throws IOException {
    trainAgain("--until", "2", "--set", "training.epochs=1");
    small.resume("--set", "training.epochs=3");

    check(ExitCode.SUCCESS, "--from", "0", "--to", "4");
    assertThat(terminal.out())
        .contains("steps after 0: run.yaml with", "training.epochs=1", "steps after 2: run.yaml")
        .contains("data.train.path: SHA-256 " + Sha256.of(folder.resolve("train.tsv")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aPipeInTheFolderIsRefused() throws Exception {
    Path pipe = small.run().resolve("code/0/Idea.java");
    Files.createDirectories(pipe.resolveSibling(""));
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(pipe + " is neither a file nor a folder");
    assertThat(terminal.run("predict", small.path(), "--text", "a")).isEqualTo(ExitCode.SUCCESS);
    Files.delete(small.run().resolve("provenance.json"));
    Files.move(pipe, small.run().resolve("provenance.json"));
    assertThat(terminal.run("predict", small.path(), "--text", "a"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    Files.move(small.run().resolve("provenance.json"), small.run().resolve("model/pipe"));
    assertThat(terminal.run("predict", small.path(), "--text", "a"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void aChangedWeightIsFound() throws IOException {
    flipLastByte(checkpoint(4).resolve(MODEL));

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).resolve(MODEL).toString());
  }

  @Test
  void aForgedCheckpointWithItsChecksumsIsFound() throws IOException {
    flipLastByte(checkpoint(4).resolve(MODEL));
    updateSum(checkpoint(4), MODEL);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err())
        .contains(checkpoint(4).toString(), "[parameters] changed")
        .doesNotContain(checkpoint(2).toString(), checkpoint(6).toString());
  }

  @Test
  void aForgedStateIsFound() throws IOException {
    Path state = checkpoint(4).resolve("state.json");
    Files.writeString(state, Files.readString(state).replaceFirst("\"seed\" : 17", "\"seed\" : 1"));
    updateSum(checkpoint(4), "state.json");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).toString(), "[state.json] changed");
  }

  @Test
  void aForgedLinkIsFound() throws IOException {
    forge(4, false);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).toString());
  }

  @Test
  void aLaterLinkRefersToTheOriginalOfAForgedLine() throws IOException {
    forge(4, true);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("history.jsonl", "previous link");
  }

  @Test
  void aConsistentForgeryOfTheLastCheckpointIsFoundByTraining() throws IOException {
    forge(6, true);

    assertThat(differenceTo(6)).contains("step 6", "parameters");
  }

  @Test
  void aRunThatWasResumedFromAForgedCheckpointIsFoundByTraining() throws IOException {
    trainAgain("--until", "4");
    forge(4, true);
    small.resume();

    assertThat(differenceTo(6)).contains("step 4", "parameters");
    check(ExitCode.SUCCESS, "--from", "4");
    assertThat(terminal.out()).contains("NOT verified: the checkpoint of step 4");
  }

  @Test
  void aForgedOptimizerStateIsFoundByTraining() throws IOException {
    trainAgain("--until", "4");
    forge(4, "optimizer.safetensors", "optimizer");
    small.resume();

    assertThat(differenceTo(4)).contains("step 4", "optimizer").doesNotContain("parameters");
  }

  @Test
  void aForgedCheckpointWithTheHonestLineAfterItsOwnIsFound() throws IOException {
    String honest = Files.readString(history());
    forge(4, "optimizer.safetensors", "optimizer");
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    String forged = lines.stream().filter(it -> !honest.contains(it)).findFirst().orElseThrow();
    lines.add(lines.indexOf(forged) + 1, honest.lines().toList().get(lines.indexOf(forged)));
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step-00000004", "optimizer state");
  }

  @Test
  void codeThatOnlyTheProvenanceNamesIsRefused() throws IOException {
    ObjectNode json = (ObjectNode) small.provenance();
    ((ObjectNode) json.path("settings")).putArray("classpath").add("Foreign.java");
    Files.writeString(small.run().resolve("provenance.json"), json.toString());
    Files.writeString(small.run().resolve("Foreign.java"), "class Foreign {}");
    small.resume("--set", "training.epochs=3");

    check(ExitCode.INVALID_REQUEST, "--trust-code");
    assertThat(terminal.err()).contains("provenance.json", "classpath");
  }

  @Test
  void otherDataOrSettingsOfAnEarlierPartAreFound() throws IOException {
    small.resume("--set", "training.epochs=3");
    Path file = small.run().resolve("provenance.json");
    String honest = Files.readString(file);
    ObjectNode json = (ObjectNode) small.provenance();
    ObjectNode settings = (ObjectNode) json.path("settings");
    ((ObjectNode) settings.at("/training/optimizer")).put("learningRate", 0.5);
    Files.writeString(file, json.toString());

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("training.optimizer.learningRate", "0.5");

    Files.writeString(small.folder().resolve("poison.tsv"), "text\tlabel\nword\tbad\nno\tgood\n");
    json = (ObjectNode) new JsonMapper().readTree(honest);
    ((ObjectNode) json.at("/settings/data/train")).put("path", "poison.tsv");
    Files.writeString(file, json.toString());

    check(ExitCode.SUCCESS); // trained with the data of run.yaml, and extended after its last epoch
  }

  @Test
  void aReferenceOfAPartIsNotWrittenIntoTheRunFile() throws IOException {
    Path text = Files.writeString(small.folder().resolve("aux.txt"), "rows-of-a-part.tsv");
    ObjectNode settings = (ObjectNode) small.provenance().path("settings");
    ((ObjectNode) settings.at("/data/train")).put("path", "${file:" + text + "}");
    Run run = Run.existing(small.run(), List.of(), List.of(), TrustedCode.none());

    assertThat(run.withSettingsOf(settings.toString()).toString())
        .contains("train.tsv")
        .doesNotContain("aux");
  }

  @Test
  void aForgedPositionIsFoundByTraining() throws IOException {
    trainAgain("--until", "4");
    Path file = checkpoint(4).resolve("state.json");
    Files.writeString(
        file, Files.readString(file).replace("\"stepInEpoch\" : 1", "\"stepInEpoch\" : 2"));
    forge(4, null, "state");

    assertThat(differenceTo(4)).contains("step 4", "position").doesNotContain("parameters");
  }

  @Test
  void aLinkThatACrashLeftWithoutItsCheckpointIsVerified() throws IOException {
    trainAgain("--until", "4");
    new LocalDisk().delete(checkpoint(4)); // as if it did not get its name
    small.resume();

    assertThat(differenceTo(6)).isEmpty();
    assertThat(intact().replaced()).isZero();
  }

  @Test
  void aRenamedCheckpointIsFound() throws IOException {
    new LocalDisk().delete(checkpoint(2));
    Files.move(checkpoint(4), checkpoint(2));

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(2) + " has the state of step 4");
  }

  @Test
  void aFolderThatIsNotInTheHistoryIsNotVerified() throws IOException {
    Path copy = small.run().resolve("checkpoints/copy");
    Folders.copy(checkpoint(4), copy);

    assertThat(verified()).containsEntry("checkpoints/copy", 4L);
    assertThat(intact().verified(new HistoryCheck.Segment(0, 2))).isEmpty();
    flipLastByte(copy.resolve(MODEL));
    assertThat(verified()).doesNotContainKey("checkpoints/copy");
  }

  @Test
  void aSecondLineOfAStepDoesNotReplaceTheFirst() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    forge(4, true);
    List<String> forged = Files.readAllLines(history());
    int index = 0;
    while (forged.get(index).equals(lines.get(index))) {
      index++;
    }
    lines.add(index, forged.get(index));
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).toString(), "[parameters] changed");
  }

  @Test
  void theCheckpointOfAnInterruptionIsRecomputed() throws IOException {
    trainAgain("--until", "1");
    small.resume();
    check(ExitCode.SUCCESS);

    String lines = Files.readString(history());
    String parameters =
        new JsonMapper()
            .readTree(lines.lines().findFirst().orElseThrow())
            .path("parameters")
            .asText();
    forge(1, true);
    assertThat(Files.readString(history())).doesNotContain(parameters);
    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("previous link");
  }

  @Test
  void linesOfStepsWithoutACheckpointAreRecomputed() throws IOException {
    addLine(1, 1);
    addLine(9, 4);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 1 ", "parameters");
  }

  @Test
  void aLineOfALaterStepBeforeTheLastLineIsFound() throws IOException {
    addLine(9, 3);

    assertThat(differenceTo(-1)).contains("step 9");
  }

  @Test
  void aCheckpointWithoutALinkIsNotVerified() throws IOException {
    writeUnlinked(1);
    Files.copy(
        checkpoint(1).resolve(MODEL),
        small.run().resolve("model").resolve(MODEL),
        StandardCopyOption.REPLACE_EXISTING);

    assertThat(intact().others()).contains("checkpoints/step-00000001", "model");
    assertThat(verified()).doesNotContainKeys("checkpoints/step-00000001", "model");
  }

  @Test
  void aRunFileThatNamesOtherDataIsFound() throws IOException {
    Files.copy(folder.resolve("train.tsv"), folder.resolve("same.tsv"));
    small.edit("run/run.yaml", "train.tsv", "same.tsv");
    assertThat(inputs()).anyMatch(line -> line.contains("same.tsv"));

    small.edit("same.tsv", "\tbad", "\tgood");
    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("data.train.path", "same.tsv");
  }

  @Test
  void aForgedBestCheckpointIsFound() throws IOException {
    Path best = small.run().resolve("checkpoints/best");
    flipLastByte(best.resolve(MODEL));
    updateSum(best, MODEL);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("checkpoints/best is not the checkpoint that was saved");
  }

  @Test
  void aDeletedLineIsFound() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    lines.remove(1);
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("previous link");
  }

  @Test
  void aChangedLineIsFound() throws IOException {
    small.edit("run/history.jsonl", "\"step\":4", "\"step\":5");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("history.jsonl", "line 3");
  }

  @Test
  void aSwappedDataFileIsNamed() throws IOException {
    small.edit("train.tsv", "\tbad", "\tgood");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err())
        .contains("data.train.path", folder.resolve("train.tsv").toString())
        .doesNotContain("data.validation");
  }

  @Test
  void missingDataIsNamed() throws IOException {
    Files.delete(folder.resolve("train.tsv"));

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(folder.resolve("train.tsv").toString());
  }

  @Test
  void anEditedSettingIsNamed() throws IOException {
    small.edit("run/run.yaml", "dropout: 0.1", "dropout: 0.2");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("run.yaml", "model.dropout", "0.2", "0.1");
  }

  @Test
  void aChangedCopyOfTheCodeIsNamed() throws IOException {
    small.useOwnSchedule();
    trainAgain();
    intact();
    small.edit("run/code/0/Half.java", "base / 2", "base / 3");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("code 0/Half.java");
  }

  @Test
  void aCheckpointOfStepZeroIsNeitherTheStartNorVerified() throws IOException {
    writeUnlinked(0);

    assertThat(intact().others()).contains("checkpoints/step-00000000");
    assertThat(verified()).doesNotContainKey("checkpoints/step-00000000");
    assertThat(differenceTo(6)).isEmpty();
  }

  @Test
  void checkpointsOutsideOfTheSegmentAreNotVerifiedAlsoOfAResumedRun() throws IOException {
    trainAgain("--until", "3");
    small.resume();

    check(ExitCode.SUCCESS, "--from", "2", "--to", "4");
    assertThat(terminal.out().lines().filter(line -> line.matches("NOT verified: .*of step \\d")))
        .map(line -> line.replaceFirst(".* ", ""))
        .containsExactly("2", "6");
  }

  @Test
  void dataThatAReferenceNamesAndCodeThatRunsArePrinted() throws IOException {
    Files.writeString(folder.resolve("where"), "private-rows.tsv");
    Files.move(folder.resolve("train.tsv"), folder.resolve("private-rows.tsv"));
    small.edit("small.yaml", "path: train.tsv", "path: \"\\${file:where}\"");
    Path ran = small.useOwnSchedule();
    trainAgain();
    new LocalDisk().delete(small.run().resolve("code"));
    Files.writeString(
        small.run().resolve("Half.java"), Files.readString(ran).replace("/ 2", "* 2"));

    check(ExitCode.SUCCESS, "--to", "2");
    assertThat(terminal.out())
        .contains(
            "data.train.path: SHA-256 " + Sha256.of(folder.resolve("private-rows.tsv")),
            "code: SHA-256 " + Sha256.of(ran) + ", " + ran)
        .doesNotContain("private-rows");
  }

  @Test
  void aDeviceAsDataIsRefused() throws IOException {
    small.edit("run/run.yaml", "other.tsv", "/dev/zero");

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("/dev/zero");
  }

  @Test
  void aSettingThatTheStepsDidNotHaveIsPrinted() throws IOException {
    small.edit(
        "run/run.yaml",
        "callbacks:",
        "callbacks:\n- {type: early-stop, metric: loss, patience: 1}");

    assertThat(inputs())
        .contains(
            "steps after 0: callbacks.0.type=best-model", "steps after 0: callbacks.1.type=absent");
  }

  @Test
  void aLinkInTheCodeIsRefusedAlsoIfItsFileIsTrusted() throws IOException {
    Path ran = small.useOwnSchedule();
    trainAgain();
    Path copy = small.run().resolve("code/0/Half.java");
    Files.delete(copy);
    Files.createSymbolicLink(copy, Files.copy(ran, folder.resolve("Same.java")));
    small.edit("Half.java", "/ 2", "* 2");

    for (String command : List.of("check history", "reproduce", "evaluate")) {
      List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
      arguments.addAll(List.of(small.path(), "--trust-code"));
      Terminal refusing = new Terminal();
      assertThat(refusing.run(arguments.toArray(String[]::new)))
          .as(command)
          .isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(refusing.err()).as(command).contains(copy.toString(), "link");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/proc", "all"})
  @DisabledOnOs(OS.WINDOWS)
  void aFolderOfTheMachineAsCodeIsRefused(String entry) throws IOException {
    Files.createSymbolicLink(small.run().resolve("all"), Path.of("/"));
    small.edit("run/run.yaml", "classpath: []", "classpath: [\"" + entry + "\"]");

    for (String option : List.of("--to=2", "--trust-code")) {
      check(ExitCode.INVALID_REQUEST, option);
      assertThat(terminal.err()).contains("The code in").doesNotContain("Exception");
    }
    assertThat(terminal.run("reproduce", small.path())).isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void filesThatAreNotTheCodeOfTheRunAreNotCopied() throws IOException {
    small.useOwnSchedule();
    trainAgain();
    Path other = Files.createDirectory(small.run().resolve("code/1")).resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "rw")) {
      file.setLength(1L << 40);
    }

    check(ExitCode.SUCCESS, "--to", "2");
  }

  @Test
  void stepsOutsideOfTheHistoryAreRefused() throws IOException {

    check(ExitCode.INVALID_REQUEST, "--from", "5");
    check(ExitCode.INVALID_REQUEST, "--to", "7");
    check(ExitCode.INVALID_REQUEST, "--from", "4", "--to", "2");
    assertThat(terminal.err()).contains("[2, 3, 4, 6]").doesNotContain("again");
  }

  @Test
  void aRunOfAnEarlierVersionIsRefused() throws IOException {
    Files.delete(history());

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("history.jsonl", "earlier version");
  }

  private static void trainAgain(String... options) throws IOException {
    new LocalDisk().delete(small.run());
    small.train(options);
  }

  /** The history of a run without faults. */
  private static HistoryCheck intact() throws IOException {
    HistoryCheck check = new HistoryCheck(new RunDirectory(small.run()));
    assertThat(check.faults()).isEmpty();
    return check;
  }

  private static Map<String, Long> verified() throws IOException {
    return intact().verified(HistoryCheck.Segment.ALL);
  }

  private static List<String> inputs() throws IOException {
    return intact().inputs(Run.existing(small.run(), List.of(), List.of(), TrustedCode.none()));
  }

  /** What a new training, which has the bits of the first one, shows; empty if it is the same. */
  private static String differenceTo(long step) throws IOException {
    HistoryCheck check = intact();
    Path again = copies.resolve("honest/run");
    return check.difference(check.segment(0, step), new RunDirectory(again)).orElse("");
  }

  private void check(int exitCode, String... options) {
    List<String> arguments = new ArrayList<>(List.of("check", "history", small.path()));
    arguments.addAll(List.of(options));
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.out() + terminal.err())
        .isEqualTo(exitCode);
  }

  private static Path checkpoint(int step) {
    return small.run().resolve("checkpoints/step-0000000" + step);
  }

  private static Path history() {
    return small.run().resolve("history.jsonl");
  }

  private String lastLink() throws IOException {
    List<String> lines = Files.readAllLines(history());
    return new JsonMapper().readTree(lines.get(lines.size() - 1)).path("hash").asText();
  }

  private static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  /** Adds a line with the content of another one, before a line of the history. */
  private static void addLine(int step, int index) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    ObjectNode link = (ObjectNode) new JsonMapper().readTree(lines.get(index - 1));
    link.put("step", step).remove("hash");
    link.put("hash", Sha256.of(link.toString().getBytes(StandardCharsets.UTF_8)));
    lines.add(index, link.toString());
    Files.write(history(), lines);
  }

  /** Writes a checkpoint with other weights, without a link. */
  private static void writeUnlinked(int step) throws IOException {
    Folders.copy(checkpoint(4), checkpoint(step));
    ObjectNode state = AtomicFile.readJson(checkpoint(step).resolve("state.json"));
    state.remove("link");
    ((ObjectNode) state.path("progress")).put("step", step);
    Files.writeString(
        checkpoint(step).resolve("state.json"), state.put("step", step).toPrettyString() + "\n");
    flipLastByte(checkpoint(step).resolve(MODEL));
    updateSum(checkpoint(step), MODEL);
    updateSum(checkpoint(step), "state.json");
  }

  private static void updateSum(Path checkpoint, String name) throws IOException {
    Path sums = checkpoint.resolve("SHA256SUMS");
    String updated = Sha256.of(checkpoint.resolve(name)) + "  " + name;
    Files.writeString(
        sums, Files.readString(sums).replaceFirst("(?m)^\\w+ .(?=" + name + ")" + name, updated));
  }

  /** Changes the parameters of a checkpoint and computes its link as the program does. */
  private void forge(int step, boolean withHistory) throws IOException {
    String lines = Files.readString(history());
    forge(step, MODEL, "parameters");
    if (!withHistory) {
      Files.writeString(history(), lines);
    }
  }

  /**
   * Changes a file of a checkpoint and computes its link, and the line in the history.
   *
   * @param name the file; null if state.json has been changed
   * @param key its key in the link
   */
  private void forge(int step, @Nullable String name, String key) throws IOException {
    Path file = checkpoint(step).resolve("state.json");
    ObjectNode state = (ObjectNode) new JsonMapper().readTree(file.toFile());
    ObjectNode link = (ObjectNode) state.remove("link");
    String before = link.toString();
    if (name == null) {
      link.put(key, Sha256.of(state.toString().getBytes(StandardCharsets.UTF_8)));
    } else {
      flipLastByte(checkpoint(step).resolve(name));
      link.put(key, Sha256.of(checkpoint(step).resolve(name)));
      updateSum(checkpoint(step), name);
    }
    link.remove("hash");
    link.put("hash", Sha256.of(link.toString().getBytes(StandardCharsets.UTF_8)));
    state.set("link", link);
    Files.writeString(file, state.toPrettyString() + "\n");
    updateSum(checkpoint(step), "state.json");
    String lines = Files.readString(history());
    assertThat(lines).contains(before);
    Files.writeString(history(), lines.replace(before, link.toString()));
  }
}
