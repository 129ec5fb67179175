package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/reference.md} is generated; {@code -Dcounterpoint.docs.write=true} rewrites it. */
final class ReferenceTest {
  private static final Path FILE = Path.of("..", "docs", "reference.md");

  @Test
  void checkedInReferenceIsUpToDate() throws IOException {
    String generated = Reference.generate();
    if (Boolean.getBoolean("counterpoint.docs.write")) {
      Files.writeString(FILE, generated);
    }

    assertThat(Files.readString(FILE).replace("\r\n", "\n"))
        .as("docs/reference.md differs; regenerate it with -Dcounterpoint.docs.write=true")
        .isEqualTo(generated);
  }
}
