package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    return result(start(Map.of(), "tokenize", folder.toString(), "a"));
  }

  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    ProcessBuilder builder =
        CurrentJvm.process(CurrentJvm.command(CurrentJvm.MAIN, List.of(arguments)));
    builder.environment().put("COUNTERPOINT_CACHE", cache.toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    return process;
  }

  private int result(Process process) throws Exception {
    output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor();
  }

  private void damageLibrary() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(library().toFile(), "rw")) {
      file.seek(5000);
      file.write('x');
    }
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
    damageLibrary();
    Path additional = Files.createFile(library().resolveSibling("libstdc++.so.6"));

    assertThat(tokenize()).as(output).isZero();
    assertThat(library()).hasBinaryContent(original);
    assertThat(additional).doesNotExist();
  }

  @Test
  void processesThatRepairALibraryTogetherAllSucceed() throws Exception {
    assertThat(tokenize()).as(output).isZero();
    damageLibrary();

    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start(Map.of(), "tokenize", folder.toString(), "a"));
    }
    for (Process process : processes) {
      assertThat(result(process)).as(output).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DJL_CACHE_DIR", "ENGINE_CACHE_DIR"})
  void unusableFolderOfAVariableIsNamedWithTheVariable(String variable) throws Exception {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(
            result(
                start(
                    Map.of(variable, file.resolve("djl").toString()),
                    "tokenize",
                    folder.toString(),
                    "a")))
        .isEqualTo(2);
    assertThat(output).contains("Set " + variable, file.toString());
  }

  @Test
  void unusableCacheHasOneExitCodeInAllCommands() throws Exception {
    cache = Files.createFile(folder.resolve("file")).resolve("cache");
    String model = Path.of("src/test/resources/fixtures/finished").toAbsolutePath().toString();

    assertThat(result(start(Map.of(), "predict", model, "--text", "a"))).as(output).isEqualTo(2);
    assertThat(output).contains("Set COUNTERPOINT_CACHE");
    assertThat(
            result(
                start(
                    Map.of(), "train", "sentiment", "--output", folder.resolve("run").toString())))
        .as(output)
        .isEqualTo(2);
    assertThat(output).contains("Set COUNTERPOINT_CACHE");
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
