package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where native libraries come from. {@code tokenize} loads only that of the tokenizers. */
@EnabledOnOs(OS.LINUX)
final class NativeLibrariesTest {
  @TempDir private Path folder;
  private Path cache = Path.of("");
  private String output = "";

  @BeforeEach
  void writeTokenizer() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertTokenizer\"}");
    cache = folder.resolve("parent/cache");
  }

  private int tokenize() throws Exception {
    String tokenizer = folder.toString();
    ProcessBuilder builder =
        CurrentJvm.process(
            CurrentJvm.command(CurrentJvm.MAIN, List.of("tokenize", tokenizer, "a")));
    builder.environment().put("COUNTERPOINT_CACHE", cache.toString());
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor();
  }

  private Path library() throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(file -> file.endsWith("libtokenizers.so")).findFirst().orElseThrow();
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void librariesAreInPrivateFolders() throws Exception {
    assertThat(tokenize()).as(output).isZero();

    assertThat(permissions(cache)).isEqualTo("rwx------");
    assertThat(permissions(cache.resolve("djl"))).isEqualTo("rwx------");
    assertThat(permissions(cache.resolve("jna"))).isEqualTo("rwx------");
  }

  @Test
  void changedAndAdditionalLibrariesAreReplacedFromTheJar() throws Exception {
    assertThat(tokenize()).as(output).isZero();
    byte[] original = Files.readAllBytes(library());
    assertThat(tokenize()).as(output).isZero(); // records that they are verified
    try (RandomAccessFile file = new RandomAccessFile(library().toFile(), "rw")) {
      file.seek(5000);
      file.write('x');
    }
    Path additional = Files.createFile(library().resolveSibling("libstdc++.so.6"));

    assertThat(tokenize()).as(output).isZero();
    assertThat(library()).hasBinaryContent(original);
    assertThat(additional).doesNotExist();
  }

  @Test
  void folderBelowOneThatOthersCanWriteIsRefused() throws Exception {
    Path parent = Files.createDirectories(cache.getParent());
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThat(tokenize()).isEqualTo(2);
    assertThat(output).contains(parent.toString(), "COUNTERPOINT_CACHE");
    assertThat(cache).doesNotExist();
  }

  @Test
  void sharedTemporaryFolderIsRefused() throws Exception {
    cache = Path.of("/tmp");

    assertThat(tokenize()).isEqualTo(2);
    assertThat(output).contains("/tmp", "COUNTERPOINT_CACHE");
  }

  @Test
  void linkToAFolderThatOthersCanWriteIsRefused() throws Exception {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
    cache = Files.createSymbolicLink(folder.resolve("link"), shared);

    assertThat(tokenize()).isEqualTo(2);
    assertThat(output).contains(shared.toString());
  }
}
