package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.cli.option.ExitCode;
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

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void anUnchangedRunIsVerifiedRecomputedAndNotChanged() throws IOException {
    small.train();
    Map<Path, String> before = small.files();

    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("steps 0 to 6", lastLink());
    assertThat(small.files()).isEqualTo(before);
  }

  @Test
  void otherWeightsOfTheModelAreNotVerified() throws IOException {
    small.train();
    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).doesNotContain("model: NOT verified");

    flipLastByte(small.run().resolve("model").resolve(MODEL));
    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("model: NOT verified");
  }

  @Test
  void aSegmentIsRecomputedFromTheStartToADeletedCheckpoint() throws IOException {
    small.train("--set", "checkpoint.keep=1");
    assertThat(checkpoint(2)).doesNotExist();

    check(ExitCode.SUCCESS, "--from", "0", "--to", "2");
    assertThat(terminal.out()).contains("steps 0 to 2");
  }

  @Test
  void aRunWithOtherSettingsAfterAResumeIsRecomputed() throws IOException {
    small.train("--until", "2", "--set", "training.epochs=1");
    small.resume("--set", "training.epochs=3");

    check(ExitCode.SUCCESS, "--from", "0", "--to", "4");
    assertThat(terminal.out())
        .contains("steps after 0: run.yaml with", "training.epochs=1", "steps after 2: run.yaml")
        .contains("data.train.path: SHA-256 " + Sha256.of(folder.resolve("train.tsv")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aPipeInTheFolderIsRefused() throws Exception {
    small.train();
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
    small.train();
    flipLastByte(checkpoint(4).resolve(MODEL));

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).resolve(MODEL).toString());
  }

  @Test
  void aForgedCheckpointWithItsChecksumsIsFound() throws IOException {
    small.train();
    flipLastByte(checkpoint(4).resolve(MODEL));
    updateSum(checkpoint(4), MODEL);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err())
        .contains(checkpoint(4).toString(), "[parameters] changed")
        .doesNotContain(checkpoint(2).toString(), checkpoint(6).toString());
  }

  @Test
  void aForgedStateIsFound() throws IOException {
    small.train();
    Path state = checkpoint(4).resolve("state.json");
    Files.writeString(state, Files.readString(state).replaceFirst("\"seed\" : 17", "\"seed\" : 1"));
    updateSum(checkpoint(4), "state.json");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).toString(), "[state.json] changed");
  }

  @Test
  void aForgedLinkIsFound() throws IOException {
    small.train();
    forge(4, false);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(4).toString());
  }

  @Test
  void aLaterLinkRefersToTheOriginalOfAForgedLine() throws IOException {
    small.train();
    forge(4, true);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("history.jsonl", "previous link");
  }

  @Test
  void aConsistentForgeryOfTheLastCheckpointIsFoundByTraining() throws IOException {
    small.train();
    forge(6, true);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 6", "parameters");
  }

  @Test
  void aRunThatWasResumedFromAForgedCheckpointIsFoundByTraining() throws IOException {
    small.train("--until", "4");
    forge(4, true);
    small.resume();

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 4", "parameters");
    check(ExitCode.SUCCESS, "--from", "4");
    assertThat(terminal.out()).contains("NOT verified: the checkpoint of step 4");
  }

  @Test
  void aForgedOptimizerStateIsFoundByTraining() throws IOException {
    small.train("--until", "4");
    forge(4, "optimizer.safetensors", "optimizer");
    small.resume();

    check(ExitCode.RUN_FAILED, "--to", "4");
    assertThat(terminal.err()).contains("step 4", "optimizer").doesNotContain("parameters");
  }

  @Test
  void aForgedCheckpointWithTheHonestLineAfterItsOwnIsFound() throws IOException {
    small.train();
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
  void aRunThatWasExtendedAfterItsLastEpochIsVerified() throws IOException {
    small.train("--set", "training.epochs=1");
    small.resume("--set", "training.epochs=2");

    check(ExitCode.SUCCESS);
  }

  @Test
  void codeThatOnlyTheProvenanceNamesIsRefused() throws IOException {
    small.train();
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
    small.train();
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

    check(ExitCode.SUCCESS); // trained with the data of run.yaml
  }

  @Test
  void aReferenceOfAPartIsNotWrittenIntoTheRunFile() throws IOException {
    small.train();
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
    small.train("--until", "4");
    Path file = checkpoint(4).resolve("state.json");
    Files.writeString(
        file, Files.readString(file).replace("\"stepInEpoch\" : 1", "\"stepInEpoch\" : 2"));
    forge(4, null, "state");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 4", "position").doesNotContain("parameters");
  }

  @Test
  void linksOfReplacedCheckpointsAreNotVerified() throws IOException {
    small.train("--until", "2");
    String other = Files.readString(history());
    new LocalDisk().delete(small.run());
    small.train("--set", "seed=18");
    Files.writeString(history(), other + Files.readString(history()));

    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("NOT verified: 1 link");
  }

  @Test
  void aLinkThatACrashLeftWithoutItsCheckpointIsVerified() throws IOException {
    small.train("--until", "4");
    new LocalDisk().delete(checkpoint(4)); // as if it did not get its name
    small.resume();

    check(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains("steps 0 to 6")
        .doesNotContainPattern("NOT verified: \\d+ link");
  }

  @Test
  void aRenamedCheckpointIsFound() throws IOException {
    small.train();
    new LocalDisk().delete(checkpoint(2));
    Files.move(checkpoint(4), checkpoint(2));

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains(checkpoint(2) + " has the state of step 4");
  }

  @Test
  void aFolderThatIsNotInTheHistoryIsNotVerified() throws IOException {
    small.train();
    Path copy = small.run().resolve("checkpoints/copy");
    Files.createDirectory(copy);
    Files.copy(checkpoint(4).resolve(MODEL), copy.resolve(MODEL));

    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("checkpoints/copy: its weights", "step 4");
    flipLastByte(copy.resolve(MODEL));
    check(ExitCode.SUCCESS, "--to", "2");
    assertThat(terminal.out()).contains("checkpoints/copy: NOT verified");
  }

  @Test
  void aSecondLineOfAStepDoesNotReplaceTheFirst() throws IOException {
    small.train();
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
    small.train("--until", "1");
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
  void aLineOfAStepWithoutACheckpointIsRecomputed() throws IOException {
    small.train();
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    ObjectNode link = (ObjectNode) new JsonMapper().readTree(lines.get(0));
    link.put("step", 1).remove("hash");
    link.put("hash", Sha256.of(link.toString().getBytes(StandardCharsets.UTF_8)));
    lines.add(1, link.toString());
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 1 ", "parameters");
  }

  @Test
  void aLineOfALaterStepBeforeTheLastLineIsRecomputed() throws IOException {
    small.train();
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    ObjectNode link = (ObjectNode) new JsonMapper().readTree(lines.get(lines.size() - 1));
    link.put("step", 9).remove("hash");
    link.put("hash", Sha256.of(link.toString().getBytes(StandardCharsets.UTF_8)));
    lines.add(lines.size() - 1, link.toString());
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 9");
  }

  @Test
  void aCheckpointWithoutALinkIsNotVerified() throws IOException {
    small.train();
    Path forged = Files.createDirectory(checkpoint(1));
    for (String name : List.of(MODEL, "optimizer.safetensors", "state.json", "SHA256SUMS")) {
      Files.copy(checkpoint(2).resolve(name), forged.resolve(name));
    }
    flipLastByte(forged.resolve(MODEL));
    ObjectNode state =
        (ObjectNode) new JsonMapper().readTree(forged.resolve("state.json").toFile());
    state.put("step", 1).remove("link");
    Files.writeString(forged.resolve("state.json"), state.toPrettyString() + "\n");
    updateSum(forged, MODEL);
    updateSum(forged, "state.json");
    Files.copy(
        forged.resolve(MODEL),
        small.run().resolve("model").resolve(MODEL),
        StandardCopyOption.REPLACE_EXISTING);

    check(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains("checkpoints/step-00000001: NOT verified", "model: NOT verified");
  }

  @Test
  void aRunFileThatNamesOtherDataIsFound() throws IOException {
    small.train();
    Files.copy(folder.resolve("train.tsv"), folder.resolve("same.tsv"));
    small.edit("run/run.yaml", "train.tsv", "same.tsv");
    check(ExitCode.SUCCESS, "--to", "2");

    small.edit("same.tsv", "\tbad", "\tgood");
    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("data.train.path", "same.tsv");
  }

  @Test
  void aForgedBestCheckpointIsFound() throws IOException {
    small.train();
    Path best = small.run().resolve("checkpoints/best");
    flipLastByte(best.resolve(MODEL));
    updateSum(best, MODEL);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("checkpoints/best is not the checkpoint that was saved");
  }

  @Test
  void aDeletedLineIsFound() throws IOException {
    small.train();
    List<String> lines = new ArrayList<>(Files.readAllLines(history()));
    lines.remove(1);
    Files.write(history(), lines);

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("previous link");
  }

  @Test
  void aChangedLineIsFound() throws IOException {
    small.train();
    small.edit("run/history.jsonl", "\"step\":4", "\"step\":5");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("history.jsonl", "line 3");
  }

  @Test
  void aSwappedDataFileIsNamed() throws IOException {
    small.train();
    small.edit("train.tsv", "\tbad", "\tgood");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err())
        .contains("data.train.path", folder.resolve("train.tsv").toString())
        .doesNotContain("data.validation");
  }

  @Test
  void missingDataIsNamed() throws IOException {
    small.train();
    Files.delete(folder.resolve("train.tsv"));

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(folder.resolve("train.tsv").toString());
  }

  @Test
  void anEditedSettingIsNamed() throws IOException {
    small.train();
    small.edit("run/run.yaml", "dropout: 0.1", "dropout: 0.2");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("run.yaml", "model.dropout", "0.2", "0.1");
  }

  @Test
  void aChangedCopyOfTheCodeIsNamed() throws IOException {
    small.useOwnSchedule();
    small.train();
    check(ExitCode.SUCCESS);
    small.edit("run/code/0/Half.java", "base / 2", "base / 3");

    check(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("code 0/Half.java");
  }

  @Test
  void aCheckpointOfStepZeroIsNeitherTheStartNorVerified() throws IOException {
    small.train();
    Path zero = checkpoint(0);
    Files.createDirectory(zero);
    for (Path file : FolderEntries.of(checkpoint(4))) {
      Files.copy(file, zero.resolve(file.getFileName()));
    }
    ObjectNode state = AtomicFile.readJson(zero.resolve("state.json"));
    state.remove("link");
    ((ObjectNode) state.path("progress")).put("step", 0);
    Files.writeString(zero.resolve("state.json"), state.put("step", 0).toString());
    updateSum(zero, "state.json");
    flipLastByte(zero.resolve(MODEL));
    updateSum(zero, MODEL);

    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("checkpoints/step-00000000: NOT verified");
  }

  @Test
  void checkpointsOutsideOfTheSegmentAreNotVerified() throws IOException {
    small.train();

    check(ExitCode.SUCCESS, "--from", "3", "--to", "4");
    assertThat(terminal.out().lines().filter(line -> line.matches("NOT verified: .*of step \\d")))
        .map(line -> line.replaceFirst(".* ", ""))
        .containsExactly("2", "3", "6");
  }

  @Test
  void dataThatAReferenceNamesIsPrinted() throws IOException {
    Files.writeString(folder.resolve("where"), "private-rows.tsv");
    Files.move(folder.resolve("train.tsv"), folder.resolve("private-rows.tsv"));
    small.edit("small.yaml", "path: train.tsv", "path: \"\\${file:where}\"");
    small.train();

    check(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains("data.train.path: SHA-256 " + Sha256.of(folder.resolve("private-rows.tsv")))
        .doesNotContain("private-rows");
  }

  @Test
  void aDeviceAsDataIsRefused() throws IOException {
    small.train();
    small.edit("run/run.yaml", "other.tsv", "/dev/zero");

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("/dev/zero");
  }

  @Test
  void aSettingThatTheStepsDidNotHaveIsPrinted() throws IOException {
    small.train();
    small.edit(
        "run/run.yaml",
        "callbacks:",
        "callbacks:\n- {type: early-stop, metric: loss, patience: 1}");

    check(ExitCode.SUCCESS, "--to", "2");
    assertThat(terminal.out())
        .contains("steps after 0: callbacks.0.type=best-model", "callbacks.1.type=absent");
  }

  @Test
  void theCodeThatRunsIsPrinted() throws IOException {
    Path ran = small.useOwnSchedule();
    small.train();
    new LocalDisk().delete(small.run().resolve("code"));
    Files.writeString(
        small.run().resolve("Half.java"), Files.readString(ran).replace("/ 2", "* 2"));

    check(ExitCode.SUCCESS, "--to", "2");
    assertThat(terminal.out()).contains("code: SHA-256 " + Sha256.of(ran) + ", " + ran);
  }

  @ParameterizedTest
  @ValueSource(strings = {"check history", "reproduce", "evaluate"})
  void aLinkInTheCodeIsRefusedAlsoIfItsFileIsTrusted(String command) throws IOException {
    Path ran = small.useOwnSchedule();
    small.train();
    Path copy = small.run().resolve("code/0/Half.java");
    Files.delete(copy);
    Files.createSymbolicLink(copy, Files.copy(ran, folder.resolve("Same.java")));
    small.edit("Half.java", "/ 2", "* 2");

    List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
    arguments.addAll(List.of(small.path(), "--trust-code"));
    assertThat(terminal.run(arguments.toArray(String[]::new))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(copy.toString(), "link");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/proc", "all"})
  @DisabledOnOs(OS.WINDOWS)
  void aFolderOfTheMachineAsCodeIsRefused(String entry) throws IOException {
    small.train();
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
    small.train();
    Path other = Files.createDirectory(small.run().resolve("code/1")).resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "rw")) {
      file.setLength(1L << 40);
    }

    check(ExitCode.SUCCESS, "--to", "2");
  }

  @Test
  void positionsThatAreNotComparedAreNotVerified() throws IOException {
    small.train();
    small.edit("run/run.yaml", "keep: 9", "keep: 1");
    small.edit("run/provenance.json", "\"keep\" : 9", "\"keep\" : 1");

    check(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("NOT verified: the position in the data of step 2");
  }

  @Test
  void stepsOutsideOfTheHistoryAreRefused() throws IOException {
    small.train();

    check(ExitCode.INVALID_REQUEST, "--from", "5");
    check(ExitCode.INVALID_REQUEST, "--to", "7");
    check(ExitCode.INVALID_REQUEST, "--from", "4", "--to", "2");
    assertThat(terminal.err()).contains("[2, 3, 4, 6]").doesNotContain("again");
  }

  @Test
  void aRunOfAnEarlierVersionIsRefused() throws IOException {
    small.train();
    Files.delete(history());

    check(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("history.jsonl", "earlier version");
  }

  @Test
  void theHistoryContinuesAfterAResume() throws IOException {
    small.train("--until", "3");
    small.resume();

    check(ExitCode.SUCCESS, "--from", "2", "--to", "6");
  }

  private void check(int exitCode, String... options) {
    List<String> arguments = new ArrayList<>(List.of("check", "history", small.path()));
    arguments.addAll(List.of(options));
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.out() + terminal.err())
        .isEqualTo(exitCode);
  }

  private Path checkpoint(int step) {
    return small.run().resolve("checkpoints/step-0000000" + step);
  }

  private Path history() {
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
