package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The task in one file of the page about extending. */
class TaskExampleTest {
  @TempDir private Path folder;
  private String run = "";

  @BeforeEach
  void train() throws IOException {
    for (MarkdownPage page : MarkdownPage.all()) {
      for (MarkdownPage.Block block : page.blocks()) {
        String name = block.fileName().orElse("");
        if (name.equalsIgnoreCase("sums.java") || name.equals("sums.yaml")) {
          Files.writeString(folder.resolve(name), block.content());
        }
      }
    }
    run = folder.resolve("run").toString();
    command(ExitCode.SUCCESS, "train", folder.resolve("sums.yaml").toString(), "--output", run);
  }

  private static Terminal command(int exitCode, String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(exitCode);
    return terminal;
  }

  @Test
  void predictDecodesWithTheCodecOfTheTask() throws IOException {
    assertThat(command(ExitCode.SUCCESS, "predict", run, "--text", "3+4+5").out())
        .isEqualTo("12\t3+4+5\n");
    assertThat(command(ExitCode.SUCCESS, "predict", run, "--json", "--text", "3+4+5").out())
        .isEqualTo("{\"text\":\"3+4+5\",\"result\":12}\n");
    assertThat(command(ExitCode.INVALID_REQUEST, "predict", run, "--text", "3+4").err())
        .contains("\"3+4\"", "3+4+5");
    try (SourcePath code = SourcePath.open(List.of(folder.resolve("Sums.java")));
        Pipeline pipeline = Pipeline.open(Path.of(run), code, Path::of)) {
      assertThat(pipeline.kind()).isEqualTo(Pipeline.Kind.RESULTS);
      assertThat(pipeline.results(List.of("3+4+5", "0+1+2"))).hasSize(2).contains(12);
      assertThat(pipeline.results(List.of())).isEmpty();
    }
  }
}
