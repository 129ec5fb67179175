package dev.counterpoint.inference.internal.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of foreign code that were hashed are the bytes that are compiled and loaded. */
final class NamedCodeTest {
  private static final TrustedCode ALL = TrustedCode.everything();

  @TempDir private Path folder;

  /** Writes code with a class A, whose field is the text, and which differs in each test. */
  private Path write(String kind, String text) throws IOException {
    String source = "public class A { public static String text = \"%s\"; }".formatted(text);
    if (kind.equals("java")) {
      return Files.writeString(folder.resolve("A.java"), source + "// " + folder);
    }
    Path one = Files.writeString(Files.createTempDirectory(folder, "").resolve("A.java"), source);
    byte[] bytes = SourcePath.open(List.of(one)).compiled().get("A");
    if (kind.equals("folder")) {
      Path classes = Files.createDirectories(folder.resolve("classes"));
      Files.writeString(classes.resolve("folder.txt"), folder.toString());
      Files.write(classes.resolve("A.class"), bytes);
      return classes;
    }
    if (kind.equals("jar")) {
      return jar("a.jar", "", Map.of("A.class", bytes));
    }
    jar("lib/a.jar", "", Map.of("A.class", bytes));
    return jar("main.jar", "lib/a.jar", Map.of());
  }

  private Path jar(String name, String classPath, Map<String, byte[]> content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    Path jar = folder.resolve(name);
    Files.createDirectories(jar.resolveSibling(""));
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out, manifest)) {
      zip.putNextEntry(new ZipEntry("folder.txt"));
      zip.write(folder.toString().getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, byte[]> file : content.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        zip.write(file.getValue());
      }
    }
    return jar;
  }

  private static Object text(SourcePath path) throws ReflectiveOperationException {
    return path.find("A").orElseThrow().getField("text").get(null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "folder", "jar", "referenced"})
  void codeThatIsChangedAfterItWasTrustedIsNotLoaded(String kind) throws IOException {
    Path entry = write(kind, "trusted");
    NamedCode code = ALL.require(List.of(entry)).get(0);
    write(kind, "foreign");

    assertThatThrownBy(code::copy)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(entry.toString());
  }

  @Test
  void changedCodeLeavesNoCopy() throws IOException {
    NamedCode code = ALL.require(List.of(write("java", "trusted"))).get(0);
    write("java", "foreign");
    assertThatThrownBy(code::copy).isInstanceOf(InvalidSettings.class);
    write("java", "trusted");

    assertThat(code.copy()).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "folder", "jar", "referenced"})
  void codeThatIsChangedAfterItWasOpenedIsNotLoaded(String kind) throws Exception {
    Path entry = write(kind, "trusted");
    try (SourcePath path = SourcePath.open(List.of(), List.of(entry), ALL)) {
      Map<Path, String> before = TrustedCode.hashes(List.of(entry));
      write(kind, "foreign");

      assertThat(text(path)).isEqualTo("trusted");
      assertThat(path.hashes()).containsExactlyInAnyOrderEntriesOf(before);
      assertThat(path.entries()).containsExactly(entry);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "folder", "jar", "referenced"})
  void changedCopyIsNotLoaded(String kind) throws IOException {
    NamedCode code = ALL.require(List.of(write(kind, "trusted"))).get(0);
    Path copy = code.copy();
    Path file = Files.isDirectory(copy) ? copy.resolve("A.class") : copy;
    Files.writeString(file, "foreign");

    assertThatThrownBy(code::copy).isInstanceOf(InvalidSettings.class);
    new LocalDisk().delete(copy.resolveSibling(""));
    assertThat(code.copy()).isEqualTo(copy);
  }

  @Test
  void copyIsPrivateAndIsMadeOnce() throws IOException {
    NamedCode code = ALL.require(List.of(write("folder", "trusted"))).get(0);
    Path copy = code.copy();
    Object time = Files.getLastModifiedTime(copy.resolve("A.class"));

    assertThat(code.copy()).isEqualTo(copy);
    assertThat(Files.getLastModifiedTime(copy.resolve("A.class"))).isEqualTo(time);
    for (Path each : List.of(copy.resolveSibling(""), copy.resolveSibling("").resolveSibling(""))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
          .isEqualTo("rwx------");
    }
    try (Stream<Path> copies = Files.list(copy.resolveSibling("").resolveSibling(""))) {
      assertThat(copies).noneMatch(it -> it.getFileName().toString().startsWith("new-"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../b.jar", "/tmp/b.jar", "file:/tmp/b.jar", "lib/../../b.jar"})
  void jarThatRefersToAnotherFolderIsRefusedEvenIfTheFileDoesNotExist(String reference)
      throws IOException {
    Path jar = jar("a.jar", reference, Map.of());

    assertThatThrownBy(() -> ALL.require(List.of(jar)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("b.jar");
  }

  @Test
  void jarThatAppearsAfterTheCopyIsNotLoaded() throws IOException {
    Path jar = jar("a.jar", "lib/late.jar", Map.of());
    try (SourcePath path = SourcePath.open(List.of(), List.of(jar), ALL)) {
      Files.move(
          write("jar", "foreign"),
          Files.createDirectory(folder.resolve("lib")).resolve("late.jar"));

      assertThat(path.find("A")).isEmpty();
    }
  }

  @Test
  void missingEntryIsRefused() {
    Path gone = folder.resolve("Gone.java");

    assertThatThrownBy(() -> SourcePath.open(List.of(), List.of(gone), ALL))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(gone.toString());
  }

  @Test
  void compilerErrorsNameTheOriginal() throws IOException {
    Path source = Files.writeString(folder.resolve("A.java"), "class A {\n  int a = \"x\";\n}\n");

    assertThatThrownBy(() -> SourcePath.open(List.of(), List.of(source), ALL))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(source + ":2:");
  }
}
