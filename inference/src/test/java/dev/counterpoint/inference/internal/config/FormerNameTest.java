package dev.counterpoint.inference.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FormerNameTest {
  /** A record with a renamed component. */
  record Settings(@FormerName("checkpointBlocks") boolean checkpointing, int width) {
    public static Settings defaults() {
      return new Settings(false, 8);
    }
  }

  private final Binder binder = new Binder(List.of(), SourcePath.open(List.of()));

  private Settings bind(String file, String... sets) {
    return binder.bind(SettingsTree.load("old.yaml", file, List.of(sets)), Settings.class);
  }

  @Test
  void formerKeyInAFileIsAccepted() {
    assertThat(bind("checkpointBlocks: true")).isEqualTo(new Settings(true, 8));
  }

  @Test
  void formerKeyOnTheCommandLineOverridesTheFile() {
    assertThat(bind("checkpointing: false", "checkpointBlocks=true").checkpointing()).isTrue();
  }

  @Test
  void currentKeyOverridesTheFormerKeyOfTheSameFile() {
    assertThat(bind("{checkpointing: true, checkpointBlocks: false}").checkpointing()).isTrue();
  }

  @Test
  void currentKeyIsWritten() {
    assertThat(binder.toYaml(new Settings(true, 8))).contains("checkpointing: true");
    assertThat(binder.toYaml(new Settings(true, 8))).doesNotContain("checkpointBlocks");
  }

  @Test
  void invalidValueOfAFormerKeyIsRejected() {
    assertThatThrownBy(() -> bind("checkpointBlocks: often"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("checkpointing")
        .hasMessageContaining("often");
  }
}
