package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jshell.JShell;
import jdk.jshell.SnippetEvent;
import org.junit.jupiter.api.Test;

/** The lines for JShell of the page about the library. */
final class JShellExampleTest {
  private static final Path RUN = Path.of("src/test/resources/fixtures/finished");

  @Test
  void openARunAndPredict() {
    String lines =
        MarkdownPage.all().stream()
            .flatMap(page -> page.blocks().stream())
            .filter(block -> block.language().equals("jshell"))
            .findFirst()
            .orElseThrow()
            .content()
            .replace("RUN_DIR", RUN.toString().replace("\\", "/"));
    List<SnippetEvent> events = new ArrayList<>();
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      shell.addToClasspath(System.getProperty("java.class.path"));
      shell.eval("import java.nio.file.*;"); // as the command does at its start
      lines.lines().forEach(line -> events.addAll(shell.eval(line + ";")));
    }

    assertThat(events).hasSize(3).allSatisfy(event -> assertThat(event.exception()).isNull());
    assertThat(events.get(2).value()).isIn("\"good\"", "\"bad\"");
  }
}
