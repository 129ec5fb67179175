package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A run of 6 steps of 4 examples in 2 epochs, with a checkpoint every 2 steps, in a folder. */
record SmallRun(Path folder) {
  private static final String RUN_FILE =
      """
      name: small
      device: cpu
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 16, dropout: 0.1}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: other.tsv}}
      training: {epochs: 2, batchSize: 4, groupByLength: true}
      checkpoint: {everySteps: 2, keep: 9}
      callbacks: [{type: best-model, metric: accuracy}]
      """;

  static SmallRun in(Path folder) throws IOException {
    Files.writeString(folder.resolve("train.tsv"), rows(12));
    Files.writeString(folder.resolve("other.tsv"), rows(5));
    Files.writeString(folder.resolve("small.yaml"), RUN_FILE);
    return new SmallRun(folder);
  }

  private static String rows(int count) {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < count; i++) {
      rows.append("word ".repeat(i % 5 + 1)).append(i).append(i % 2 == 0 ? "\tgood\n" : "\tbad\n");
    }
    return rows.toString();
  }

  Path run() {
    return folder.resolve("run");
  }

  Terminal train(String... options) {
    return trainIn(run(), options);
  }

  Terminal trainIn(Path directory, String... options) {
    return execute(
        "train",
        folder.resolve("small.yaml").toString(),
        concat(options, "--output", directory.toString()));
  }

  Terminal resume(String... options) {
    return execute("train", path(), options);
  }

  String path() {
    return run().toString();
  }

  private static String[] concat(String[] options, String... more) {
    return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
  }

  private static Terminal execute(String command, String argument, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command, argument));
    arguments.addAll(List.of(options));
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  JsonNode provenance() throws IOException {
    return json("provenance.json");
  }

  /** The content of a JSON file of the run directory. */
  JsonNode json(String name) throws IOException {
    return AtomicFile.readJson(run().resolve(name));
  }

  /** Adds a schedule of the user, {@code Half.java}, to the run file. */
  Path useOwnSchedule() throws IOException {
    edit("small.yaml", "epochs: 2,", "epochs: 2, schedule: Half,");
    edit("small.yaml", "name: small", "name: small\nclasspath: [Half.java]");
    return Files.writeString(
        folder.resolve("Half.java"),
        """
        import dev.counterpoint.core.schedule.*;

        public record Half() implements Schedule {
          public double learningRate(double base, long step, long totalSteps) {
            return base / 2;
          }
        }
        """);
  }

  void edit(String file, String from, String to) throws IOException {
    Path path = folder.resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(from);
    Files.writeString(path, text.replaceFirst(Pattern.quote(from), to));
  }

  /** The hash of each file of the run directory. */
  Map<Path, String> files() throws IOException {
    Map<Path, String> files = new TreeMap<>();
    try (Stream<Path> found = Files.walk(run())) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        files.put(file, Sha256.of(file));
      }
    }
    return files;
  }
}
