package dev.counterpoint.inference.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.config.Sample.Run;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Fuzz test of run files: every random edit either binds, or is rejected with a message that
 * includes the location.
 */
final class RandomEditsTest {
  private static final List<String> VALUES =
      List.of(
          "3",
          "-1",
          "0.5",
          "1e999",
          "abc",
          "''",
          "null",
          "true",
          "[]",
          "[1, a]",
          "{}",
          "{a: 1}",
          "{type: sgd}",
          "type",
          "*x",
          "&x 3",
          "!!int 3",
          "'",
          "{",
          "]",
          "|",
          ">",
          "- a",
          "\t",
          "a: b",
          "java.lang.String",
          "dev.counterpoint.inference.internal.config.Sample",
          "\u0000",
          "\uD83D\uDE00",
          "9".repeat(40),
          "\"\\u0000\"",
          "2026-01-01",
          ".nan",
          "? x",
          "<<",
          "%x",
          "@x",
          "#x",
          "\"\"",
          "~");
  private static final List<String> KEYS =
      List.of(
          "name",
          "type",
          "epochs",
          "training",
          "optimizer",
          "learningRate",
          "",
          "<<",
          "a.b",
          "0",
          "1",
          "groups",
          "match",
          "null",
          "'x",
          "heads",
          "data",
          "schedule");

  /** Messages that name the file or the {@code --set}, and a line number if there is one. */
  private static final Pattern LOCATED =
      Pattern.compile(
          "--set .+ .+|sentiment\\.yaml.* \\((line \\d|lines \\d|--set ).*"
              + "|sentiment\\.yaml(: \\w+ is missing; it must be| is empty; | contains ).*",
          Pattern.DOTALL);

  @Test
  void everyEditBindsOrIsRejectedWithAMessage() {
    Random random = new Random(20260101);
    int bound = 0;
    int rejected = 0;
    for (int i = 0; i < 3000; i++) {
      String text = Sample.FILE;
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        text = edit(text, random);
      }
      if (binds(text, sets(random))) {
        bound++;
      } else {
        rejected++;
      }
    }
    assertThat(bound).isGreaterThan(100);
    assertThat(rejected).isGreaterThan(1000);
  }

  private static boolean binds(String text, String[] sets) {
    try {
      Run run = Sample.bind(text, sets);
      assertThat(Sample.bind(Sample.binder().toYaml(run))).isEqualTo(run);
      return true;
    } catch (InvalidSettings e) {
      assertThat(e.problems()).isNotEmpty();
      assertThat(e.problems()).allMatch(problem -> LOCATED.matcher(problem.toString()).matches());
      return false;
    } catch (RuntimeException | StackOverflowError e) {
      return fail("Failed with an unexpected exception: " + text + Arrays.toString(sets), e);
    }
  }

  private static String[] sets(Random random) {
    String[] sets = new String[Math.max(0, random.nextInt(5) - 2)];
    for (int i = 0; i < sets.length; i++) {
      List<String> keys = new ArrayList<>();
      for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
        keys.add(pick(KEYS, random));
      }
      sets[i] =
          String.join(".", keys) + (random.nextInt(20) == 0 ? "" : "=" + pick(VALUES, random));
    }
    return sets;
  }

  private static String edit(String text, Random random) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    if (lines.isEmpty()) {
      return text;
    }
    int at = random.nextInt(lines.size());
    String line = lines.get(at);
    switch (random.nextInt(9)) {
      case 0 -> lines.set(at, line.replaceFirst(":.*", ": " + quoted(pick(VALUES, random))));
      case 1 -> lines.set(at, line.replaceFirst("\\w+:", quoted(pick(KEYS, random)) + ":"));
      case 2 -> lines.remove(at);
      case 3 -> lines.add(random.nextInt(lines.size() + 1), line);
      case 4 -> lines.set(at, " ".repeat(random.nextInt(6)) + line.strip());
      case 5 -> lines.set(at, lines.set(random.nextInt(lines.size()), line));
      case 6 -> lines.set(at, insert(line, (char) random.nextInt(128), random));
      case 7 ->
          lines.set(at, line.isEmpty() ? line : line.substring(random.nextInt(line.length())));
      default ->
          lines.set(
              at, line.replaceFirst("[\\w.-]+([,}\\]]|$)", quoted(pick(VALUES, random)) + "$1"));
    }
    return String.join("\n", lines);
  }

  private static String insert(String line, char character, Random random) {
    int at = random.nextInt(line.length() + 1);
    return line.substring(0, at) + character + line.substring(at);
  }

  private static String quoted(String replacement) {
    return Matcher.quoteReplacement(replacement);
  }

  private static String pick(List<String> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }
}
