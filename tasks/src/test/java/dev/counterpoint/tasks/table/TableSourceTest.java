package dev.counterpoint.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TableSourceTest {
  @TempDir private Path folder;

  @Test
  void aPatternIsExpandedInTheOrderOfTheNames() throws IOException {
    Path second = Files.createFile(folder.resolve("b2.csv"));
    Path first = Files.createFile(folder.resolve("b1.csv"));
    Files.createFile(folder.resolve("c.csv"));

    assertThat(TableSource.expand(folder.resolve("b?.csv"))).containsExactly(first, second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a{", "a[", "{a,{b,c}}", "d*.csv"})
  void aPatternThatIsInvalidOrMatchesNothingIsNamed(String pattern) {
    assertThatThrownBy(() -> TableSource.expand(folder.resolve(pattern)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(pattern);
  }
}
