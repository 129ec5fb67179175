package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.Reproduction;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two trainings of the same run are compared; a difference is named. */
final class ReproductionTest {
  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void equalModelsHaveOneHash() throws IOException {
    small.train();

    assertThat(compareWithAnother())
        .isEqualTo(small.json("summary.json").path("modelHash").asText());
  }

  @Test
  void forgedModelFolderIsFound() throws IOException {
    small.train();
    small.edit("run/model/config.json", "\"bad\"", "\"worse\"");

    assertDiffers(this::compareWithAnother)
        .hasMessageContaining("config.json")
        .hasMessageNotContaining("model.safetensors");
  }

  @Test
  void codeThatOnlyTheModelFolderNamesIsFound() throws IOException {
    small.train();
    small.edit("run/model/config.json", "\"classpath\" : [ ]", "\"classpath\" : [ \"Evil.java\" ]");

    assertDiffers(this::compareWithAnother).hasMessageContaining("classpath in config.json");
  }

  @Test
  void missingFileOfTheModelFolderIsFound() throws IOException {
    small.train();
    Files.delete(small.run().resolve("model/signature.json"));
    Path sums = small.run().resolve("model/SHA256SUMS");
    Files.writeString(sums, Files.readString(sums).replaceAll("(?m)^.*signature.json\\R", ""));

    assertDiffers(this::compareWithAnother).hasMessageContaining("signature.json");
  }

  @Test
  void resultOfMoreStepsThanTheRunHasIsFound() throws IOException {
    small.train();
    small.edit("run/summary.json", "\"steps\" : 6", "\"steps\" : 8");
    new LocalDisk().delete(small.run().resolve("checkpoints"));

    assertDiffers(this::compareWithAnother).hasMessageContaining("8 steps");
  }

  @Test
  void changedDataIsNamed() throws IOException {
    small.train();
    small.edit("train.tsv", "\tbad", "\tgood");

    assertDiffers(this::compareWithAnother)
        .hasMessageContaining("files.data.train.path.sha256")
        .hasMessageNotContainingAny("data.validation", "settings.", "jars.", "machine.");
  }

  @Test
  void killedRunIsComparedAtItsNewestCheckpoint() throws IOException {
    small.train("--until", "4");
    Files.delete(small.run().resolve("summary.json"));

    Reproduction reproduction = reproduction();
    assertThat(reproduction.step()).isEqualTo(4);
    assertThat(reproduction.hasResult()).isFalse();
    assertThat(reproduction.end().step()).isEqualTo(4);
    assertThat(compareWithAnother("--until", "4")).isNotEmpty();
  }

  @Test
  void runWithoutResultAndCheckpointIsRejected() throws IOException {
    small.train();
    Files.delete(small.run().resolve("summary.json"));
    new LocalDisk().delete(small.run().resolve("checkpoints"));

    assertThatThrownBy(this::reproduction).isInstanceOf(InvalidSettings.class);
  }

  private Reproduction reproduction() throws IOException {
    return new Reproduction(Run.existing(small.run(), List.of(), List.of(), TrustedCode.none()));
  }

  private String compareWithAnother(String... options) throws IOException {
    Path again = folder.resolve("again");
    small.trainIn(again, options);
    return reproduction().compare(new RunDirectory(again));
  }

  private static AbstractThrowableAssert<?, ?> assertDiffers(ThrowingCallable comparison) {
    return assertThatThrownBy(comparison).isInstanceOf(RunFailed.class);
  }
}
