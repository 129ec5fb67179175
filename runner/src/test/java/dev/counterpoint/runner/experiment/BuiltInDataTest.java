package dev.counterpoint.runner.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuiltInDataTest {
  @TempDir Path cache;

  @Test
  void theFolderIsPrivateAndNoTemporaryFilesAreLeft() throws IOException {
    Path file = new BuiltInData(cache).file("sentiment/train");

    assertThat(file).isNotEmptyFile();
    assertThat(names(cache.resolve("builtin"))).singleElement().asString().startsWith("sentiment-");
    assertThat(Files.getPosixFilePermissions(file.getParent()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void everyFileIsTheOneThatTheGeneratorWrites() throws IOException {
    BuiltInData data = new BuiltInData(cache);
    Map<String, byte[]> generated = Corpora.files();
    for (Map.Entry<String, byte[]> file : generated.entrySet()) {
      Path unpacked = data.file(file.getKey().replaceFirst("\\.\\w+$", ""));
      assertThat(unpacked).as(file.getKey()).hasBinaryContent(file.getValue());
    }
    assertThat(BuiltInData.FILES.values().stream().mapToInt(List::size).sum())
        .isEqualTo(generated.size());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
