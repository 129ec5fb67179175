package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Code that a run directory or a model folder names runs only if the user trusts it. */
final class TrustedCodeTest {
  private static final String MODEL =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import dev.counterpoint.core.loss.*;
      import dev.counterpoint.core.model.*;
      import java.util.*;

      public final class Scale extends BaseModel {
        private final Linear scale = new Linear(1, 1);

        public NDArray forward(Batch batch) {
          return scale.forward(batch.features());
        }

        public Loss lossFunction() {
          return new MeanSquaredError();
        }

        public record Config() implements ModelConfig {
          public BaseModel build(DataSpec data) {
            return new Scale();
          }
        }

        public record Rows() implements DataSource {
          public DataSplits open(DataContext context) {
            Dataset rows = ArrayDataset.ofTargets(new float[4][1], new float[4][1]);
            return DataSplits.of(
                DataSpec.ofFeatures(1, List.of()),
                Map.of("train", rows, "validation", rows), List.of(), "rows");
          }
        }
      }
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();
  private Path source = Path.of("");
  private Path run = Path.of("");

  @BeforeEach
  void train() throws IOException {
    // Code that no other test has run.
    source = Files.writeString(folder.resolve("Scale.java"), MODEL + "// " + folder + "\n");
    run = folder.resolve("run");
    Path file =
        Files.writeString(
            folder.resolve("scale.yaml"),
            """
            classpath: [Scale.java]
            model: Scale
            data: Scale
            training: {epochs: 1, batchSize: 2, optimizer: {type: sgd}}
            checkpoint: {keep: 2}
            """);
    Terminal training = new Terminal();
    assertThat(training.run("train", file.toString(), "--output", run.toString()))
        .as(training.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  private Path copy() {
    return run.resolve("code/0/Scale.java");
  }

  /** Replaces the code of the run by code that writes a file when its class is initialized. */
  private Path replaceByForeignCode() throws IOException {
    Path mark = folder.resolve("ran");
    String marking =
        "public final class Scale extends BaseModel {\n  static {\n    new java.io.File(\"%s\").mkdir();\n  }\n"
            .formatted(mark);
    String declaration = "public final class Scale extends BaseModel {\n";
    Files.writeString(copy(), Files.readString(copy()).replace(declaration, marking));
    return mark;
  }

  @ParameterizedTest
  @CsvSource({
    "predict, ,    --text 1",
    "predict, model, --text 1",
    "evaluate, ,   --json",
    "serve, ,      --port 0",
    "train, ,      --set training.epochs=2",
    "train, run.yaml, --set training.epochs=2"
  })
  void foreignCodeIsListedAndDoesNotRun(String command, String within, String rest)
      throws IOException {
    Path mark = replaceByForeignCode();
    String target = (within == null ? run : run.resolve(within)).toString();
    String[] words = (command + "," + target + "," + rest.replace(' ', ',')).split(",");

    assertThat(terminal.run(words)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(Sha256.of(copy()) + "  " + copy(), "--trust-code");
    assertThat(mark).doesNotExist();
  }

  @Test
  void runFileOfARunDoesNotRunForeignCodeThroughALinkOrWithoutItsProvenance() throws IOException {
    Path mark = replaceByForeignCode();
    Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), run.resolve("run.yaml"));
    Files.delete(run.resolve("provenance.json"));

    for (Path file : List.of(run.resolve("run.yaml"), link)) {
      String[] words = {"train", file.toString(), "--output", folder.resolve("other").toString()};
      assertThat(terminal.run(words)).isEqualTo(ExitCode.INVALID_REQUEST);
    }
    assertThat(mark).doesNotExist();
  }

  @Test
  void aRunFileThatIsALinkDoesNotRunForeignCode() throws IOException {
    Path mark = replaceByForeignCode();
    Files.move(run.resolve("run.yaml"), run.resolve("settings.yaml"));
    Files.createSymbolicLink(run.resolve("run.yaml"), Path.of("settings.yaml"));

    String[] words = {"train", run.resolve("run.yaml") + "", "--output", folder.resolve("o") + ""};
    assertThat(terminal.run(words)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(mark).doesNotExist();
  }

  @Test
  void foreignCodeRunsIfTheUserAllowsIt() throws IOException {
    Path mark = replaceByForeignCode();

    assertThat(terminal.run("predict", run.toString(), "--text", "1", "--trust-code"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(mark).exists();
  }

  @Test
  void foreignCodeInTheConfigOfAModelAloneDoesNotRun() throws IOException {
    Path mark = replaceByForeignCode();
    Path config = run.resolve("model/config.json");
    Files.writeString(
        config, Files.readString(config).replace(source.toString(), copy().toString()));
    FolderChecksums.write(run.resolve("model"));
    Path alone = Files.move(run.resolve("model"), folder.resolve("alone"));

    assertThat(terminal.run("predict", alone.toString(), "--text", "1"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(Sha256.of(copy()));
    assertThat(mark).doesNotExist();
  }

  @Test
  void aRunIsUsableAfterItsSourceHasMoved() throws IOException {
    Files.move(source, folder.resolve("Moved.java"));

    assertThat(terminal.run("predict", run.toString(), "--text", "1"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    Terminal resumed = new Terminal();
    assertThat(resumed.run("train", run.toString(), "--set", "training.epochs=2"))
        .as(resumed.err())
        .isEqualTo(ExitCode.SUCCESS);
    Terminal evaluated = new Terminal();
    assertThat(evaluated.run("evaluate", run.toString())).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void compiledClassesAreCopied() {
    assertThat(run.resolve("code/classes/Scale.class")).exists();
    assertThat(run.resolve("code/classes/Scale$Config.class")).exists();
  }

  @Test
  void classesThatDidNotRunAreNotTrusted() throws IOException {
    Path classes = run.resolve("code/classes");
    Files.writeString(classes.resolve("Foreign.class"), "other");

    assertThat(terminal.run("train", run.toString(), "--set", "training.epochs=2"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(Path.of(System.getenv(TrustedCode.VARIABLE)))
        .content()
        .contains(TrustedCode.hash(copy()))
        .doesNotContain(TrustedCode.hash(classes));
  }

  @Test
  void aTrainingDoesNotFollowLinksAmongTheCopiesOfCode() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Path file = Files.writeString(other.resolve("Scale.java"), "of the user");
    Files.delete(copy());
    Files.delete(run.resolve("code/0"));
    Files.createSymbolicLink(run.resolve("code/0"), other);

    String[] command = {
      "train", run + "", "--classpath", source + "", "--set", "training.epochs=2"
    };
    assertThat(terminal.run(command)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("symbolic link");
    assertThat(file).hasContent("of the user");
  }

  @Test
  void changedSourceIsNamedWithItsLinesAndNotUsed() throws IOException {
    Files.writeString(
        source,
        Files.readString(source).replace("scale.forward(batch.features())", "null").concat("//\n"));

    assertThat(terminal.run("predict", run.toString(), "--text", "1")).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.err()).contains(source.toString(), "1 lines removed, 2 added");
  }

  @Test
  void pathOnTheCommandLineReplacesTheCopy() throws IOException {
    Path mark = replaceByForeignCode();
    Path own = Files.createDirectory(folder.resolve("own")).resolve("Scale.java");
    Files.copy(copy(), own);

    assertThat(
            terminal.run("predict", run.toString(), "--text", "1", "--classpath", own.toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(mark).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"java.lang.ProcessBuilder", "javax.script.ScriptEngineManager"})
  void classOfTheJdkIsNotAModel(String name) throws IOException {
    Path config = run.resolve("model/config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"type\" : \"Scale\"", "\"type\" : \"" + name + "\""));
    FolderChecksums.write(run.resolve("model"));
    assertThat(Files.readString(config)).contains(name);

    assertThat(terminal.run("predict", run.toString(), "--text", "1"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(name);
  }
}
