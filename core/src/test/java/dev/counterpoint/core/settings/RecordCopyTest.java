package dev.counterpoint.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tests {@link RecordCopy}. */
class RecordCopyTest {
  /** A record with components of all kinds. */
  public record Settings(int count, boolean active, double share, @Nullable List<String> names) {
    /** Rejects negative numbers. */
    public Settings {
      new Checks().notNegative("count", count).verify();
    }
  }

  @Test
  void componentsWithoutValueAreNullZeroOrFalse() {
    assertThat(RecordCopy.of(Settings.class, Map.of("count", 3)))
        .isEqualTo(new Settings(3, false, 0, null));
  }

  @Test
  void copyKeepsOtherComponents() {
    assertThat(RecordCopy.with(new Settings(1, true, 0.5, List.of("a")), "count", 2))
        .isEqualTo(new Settings(2, true, 0.5, List.of("a")));
  }

  @Test
  void unknownNamesAreRejected() {
    assertThatThrownBy(() -> RecordCopy.of(Settings.class, Map.of("cuont", 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cuont");
  }

  @Test
  void constructorRejectsInvalidValues() {
    assertThatThrownBy(() -> RecordCopy.of(Settings.class, Map.of("count", -1)))
        .isInstanceOf(InvalidSettings.class);
  }
}
