package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class FileHashesTest {
  @TempDir private Path folder;

  private void write(String name, String content) throws IOException {
    Files.createDirectories(folder.resolve(name).resolveSibling(""));
    Files.writeString(folder.resolve(name), content);
  }

  @Test
  void theHashOfARunDirectoryIsThatOfItsModel() throws IOException {
    write("run.yaml", "seed: 1");
    write("model/config.json", "{}");
    write("model/model.safetensors", "a");
    String before = FileHashes.sha256("model.from", folder);
    assertThat(before).isEqualTo(FileHashes.sha256("model.from", folder.resolve("model")));

    write("model/model.safetensors", "b");
    assertThat(FileHashes.sha256("model.from", folder)).isNotEqualTo(before);
  }

  @Test
  void theHashOfAModelCoversWeightsInFolders() throws IOException {
    write("config.json", "{}");
    write("shards/model-1.safetensors", "a");
    String before = FileHashes.sha256("model.from", folder);

    write("shards/model-1.safetensors", "b");
    assertThat(FileHashes.sha256("model.from", folder)).isNotEqualTo(before);
  }

  @Test
  void theHashOfAFolderOfImagesCoversAllFiles() throws IOException {
    write("cat/1.png", "a");
    write("labels.txt", "cat");
    String before = FileHashes.sha256("data.train.path", folder);

    write("cat/1.png", "b");
    assertThat(FileHashes.sha256("data.train.path", folder)).isNotEqualTo(before);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDeviceIsRefused() {
    assertThatThrownBy(() -> FileHashes.sha256("data.train.path", Path.of("/dev/zero")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("/dev/zero");
  }
}
