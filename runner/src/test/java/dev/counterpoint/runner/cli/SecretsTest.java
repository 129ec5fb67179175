package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets of a run file, and examples of the data, are kept out of the files of a run. */
final class SecretsTest {
  private static final String PASSWORD = "c0rrect-h0rse-b4ttery-st4ple-7f";

  /** A data source that needs a password, and one that fails with it in the message. */
  private static final String SOURCE =
      """
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import java.util.*;

      public record Rows(String url, String password, int count, boolean fails)
          implements DataSource {
        public static Rows defaults() {
          return new Rows("", "", 4, false);
        }

        public DataSplits open(DataContext context) {
          if (fails) {
            throw new IllegalStateException("cannot log in to " + url + " as " + password);
          }
          if (!password.equals("%s")) {
            throw new dev.counterpoint.core.settings.InvalidSettings("login failed: " + password);
          }
          float[][] features = new float[count][1];
          if (count == 6) {
            features[0][0] = Float.NaN;
          }
          Dataset rows = ArrayDataset.ofClasses(features, new long[count]);
          Dataset train = count == 10 ? new Lost(password) : new Named(rows, password);
          return new DataSplits(
              DataSpec.ofFeatures(1, List.of("a", "b")),
              Map.of("train", train, "validation", rows), List.of(), "rows", Map.of(),
              List.of("logged in with " + password), Samples.none(), null);
        }

        record Named(Dataset rows, String password) implements Dataset.Traceable {
          public long size() {
            return rows.size();
          }

          public HostBatch collate(long[] indices) {
            return rows.collate(indices);
          }

          public String origin(long index) {
            return password + "/rows.csv line " + index;
          }
        }

        record Lost(String password) implements Dataset {
          public long size() {
            return 10;
          }

          public HostBatch collate(long[] indices) {
            throw new IllegalStateException("the connection with " + password + " is lost");
          }
        }
      }
      """
          .formatted(PASSWORD);

  private static final String MODEL =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.loss.*;
      import dev.counterpoint.core.model.*;

      public final class Scale extends BaseModel {
        private final Linear scale = new Linear(1, 2);

        public NDArray forward(Batch batch) {
          return scale.forward(batch.features());
        }

        public Loss lossFunction() {
          return CrossEntropy.defaults();
        }

        public record Config() implements ModelConfig {
          public BaseModel build(DataSpec data) {
            return new Scale();
          }
        }
      }
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("Rows.java"), SOURCE);
    Files.writeString(folder.resolve("Scale.java"), MODEL);
    Files.writeString(folder.resolve("password.txt"), PASSWORD + "\n");
    Files.writeString(folder.resolve("count.txt"), "8\n");
    Files.writeString(
        folder.resolve("rows.yaml"),
        """
        classpath: [Rows.java, Scale.java]
        model: Scale
        data:
          type: Rows
          url: "jdbc:${ENV:PATH}"
          password: ${file:password.txt}
          count: ${file:count.txt}
        training: {epochs: 1, batchSize: 2}
        checkpoint: {everySteps: 1, keep: 5}
        """);
  }

  private Path run() {
    return folder.resolve("run");
  }

  private int train(String... more) {
    String[] words = new String[4 + more.length];
    words[0] = "train";
    words[1] = folder.resolve("rows.yaml").toString();
    words[2] = "--output";
    words[3] = run().toString();
    System.arraycopy(more, 0, words, 4, more.length);
    return terminal.run(words);
  }

  private List<Path> filesWith(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    try (Stream<Path> files = Files.walk(run())) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.startsWith(run().resolve("code"))) // the source has it
          .filter(
              file -> {
                try {
                  String content =
                      new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                  return content.contains(new String(bytes, StandardCharsets.ISO_8859_1));
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              })
          .toList();
    }
  }

  @Test
  void referencesAreResolvedButOnlyTheyAreWritten() throws IOException {
    assertThat(train()).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);

    assertThat(filesWith(PASSWORD)).isEmpty();
    assertThat(filesWith(System.getenv("PATH"))).isEmpty();
    assertThat(run().resolve("run.yaml"))
        .content()
        .contains("${file:password.txt}", "jdbc:${ENV:PATH}", "${file:count.txt}");
    assertThat(run().resolve("summary.json")).content().contains("\"steps\" : 4"); // of 8 rows
    assertThat(run().resolve("report.html")).content().contains("logged in with ${file:password");
  }

  @Test
  void aFailureIsRecordedWithoutTheValue() throws IOException {
    Files.writeString(folder.resolve("count.txt"), "10\n");
    assertThat(train()).as(terminal.err()).isEqualTo(ExitCode.RUN_FAILED);

    assertThat(filesWith(PASSWORD)).isEmpty();
    assertThat(run().resolve("provenance.json")).content().contains("is lost");
  }

  @Test
  void referencesAreResolvedAgainOnResume() throws IOException {
    assertThat(train()).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    Terminal resumed = new Terminal();

    assertThat(resumed.run("train", run().toString(), "--set", "training.epochs=2"))
        .as(resumed.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(filesWith(PASSWORD)).isEmpty();
    Files.delete(folder.resolve("password.txt"));
    Terminal without = new Terminal();
    assertThat(without.run("evaluate", run().toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(without.err()).contains("data.password", "password.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--set=data.fails=true", "--debug"})
  void messagesAndTracesDoNotHaveTheValue(String more) throws IOException {
    if (more.equals("--debug")) {
      Files.writeString(folder.resolve("password.txt"), "wr0ng-but-s3cret\n");
    }
    assertThat(train(more)).isIn(ExitCode.RUN_FAILED, ExitCode.INVALID_REQUEST);

    assertThat(terminal.err())
        .contains("${file:password.txt}")
        .doesNotContain(PASSWORD, "wr0ng-but-s3cret", System.getenv("PATH"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"data.password=hunter2x", "data={type: Rows, password: hunter2x}"})
  void literalSecretIsRefusedWithoutItsValue(String set) {
    assertThat(train("--set", set)).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("data.password", "${ENV:").doesNotContain("hunter2x");
    assertThat(run()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name|name=${file:password.txt}",
        "data.labels.a|data.labels={\"a\": \"${file:password.txt}\"}",
        "model.from|model={type: bert, from: \"${file:password.txt}/bert\"}",
        "data.missing.0|data.missing=[\"${file:password.txt}\"]"
      })
  void aSettingThatIsSavedWithTheModelCannotBeASecret(String key, String set) {
    assertThat(train("--set", set)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(key, "reference").doesNotContain(PASSWORD);
  }

  @Test
  void aFolderAboveAReferenceIsRefusedWithoutItsValue() {
    assertThat(train("--set", "data.url=${file:password.txt}/x/../.."))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("data.url").doesNotContain(PASSWORD, "horse");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void snapshotIsSavedUnlessPrivacyForbidsIt(boolean allowed) throws IOException {
    String privacy = "privacy={snapshots: " + allowed + ", samples: true}";
    assertThat(train("--set", privacy, "--set", "data.count=6")).isEqualTo(ExitCode.RUN_FAILED);

    Path snapshots = run().resolve("snapshots");
    assertThat(Files.exists(snapshots)).isEqualTo(allowed);
    assertThat(filesWith(PASSWORD)).isEmpty();
    if (allowed) {
      try (Stream<Path> files = Files.walk(snapshots)) {
        assertThat(files)
            .allSatisfy(
                file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
      }
    }
  }

  @Test
  void runDirectoryAndReportArePrivate() throws IOException {
    assertThat(train()).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run())))
        .isEqualTo("rwx------");
    Path report = run().resolve("report.html");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(report)))
        .isEqualTo("rw-------");
  }
}
