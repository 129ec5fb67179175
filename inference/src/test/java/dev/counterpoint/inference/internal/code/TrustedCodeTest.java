package dev.counterpoint.inference.internal.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of trusted code, and what counts as the code of an entry. */
final class TrustedCodeTest {
  @TempDir private Path folder;
  private Path source = Path.of("");
  private TrustedCode trust = TrustedCode.none();

  @BeforeEach
  void writeSource() throws IOException {
    source = Files.writeString(folder.resolve("A.java"), "class A {}");
    trust = TrustedCode.in(folder.resolve("config/trusted-code"));
  }

  private void add(Path entry) throws IOException {
    trust.add(TrustedCode.hashes(List.of(entry)), "");
  }

  private void assertTrusted(Path entry) {
    assertThatCode(() -> trust.require(List.of(entry))).doesNotThrowAnyException();
  }

  private void assertNotTrusted(Path entry, Path named) {
    assertThatThrownBy(() -> trust.require(List.of(entry)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(named.toString());
  }

  @Test
  void codeIsTrustedByItsContentWhereverItIs() throws IOException {
    assertNotTrusted(source, source);
    add(source);

    assertTrusted(source);
    assertTrusted(Files.move(source, folder.resolve("B.java")));
    assertNotTrusted(Files.writeString(source, "class A { }"), source);
  }

  @Test
  void nameOfAFileAddsNoLineToTheQuestion() throws IOException {
    Path named = Files.writeString(folder.resolve("a\n  0123  ok\u202e.java"), "class A {}");

    assertNotTrusted(named, folder.resolve("a?  0123  ok?.java"));
  }

  @Test
  void listIsPrivateAndHasTheHashOfTheFile() throws IOException {
    add(source);
    add(source);
    Path list = folder.resolve("config/trusted-code");

    assertThat(list).hasContent(Sha256.of(source) + "  " + source);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(list)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(list.getParent())))
        .isEqualTo("rwx------");
  }

  @Test
  void listThatOthersCanWriteIsRefused() throws IOException {
    add(source);
    Path list = folder.resolve("config/trusted-code");
    Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-rw-rw-"));

    assertThatThrownBy(() -> trust.require(List.of(source)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(list.toString());
  }

  @Test
  void folderIsTrustedWithAllFiles() throws IOException {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Files.write(classes.resolve("A.class"), new byte[] {1});
    add(classes);

    assertTrusted(classes);
    Files.write(Files.createDirectory(classes.resolve("b")).resolve("B.class"), new byte[] {2});
    assertNotTrusted(classes, classes);
  }

  @Test
  void codeWithALinkIsRefusedBeforeItsFilesAreRead() throws IOException {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Files.createSymbolicLink(classes.resolve("linked"), folder);
    Path link = Files.createSymbolicLink(folder.resolve("B.java"), source);
    for (Path entry : List.of(classes, link, Path.of("/proc"))) {
      assertThatThrownBy(() -> TrustedCode.everything().require(List.of(entry)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(entry.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"b\\A.class", "A.class\n0  B.class"})
  void folderWithANameThatCouldStandForOtherFilesIsRefused(String name) throws IOException {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Files.write(classes.resolve("A.class"), new byte[] {1});
    Files.write(classes.resolve(name), new byte[] {1});

    assertThatThrownBy(() -> TrustedCode.hash(classes))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(classes.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\u000Bb.jar", "a/%2E%2E/b.jar", "\u2003b.jar"})
  void referenceThatAClassLoaderCouldReadAsAnotherFileIsRefused(String reference)
      throws IOException {
    Path jar = jar("own.jar", reference, "1");

    assertThatThrownBy(() -> TrustedCode.everything().require(List.of(jar)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Class-Path");
  }

  @Test
  void codeThatIsTooLargeIsRefusedBeforeItIsRead() throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(source.toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }

    assertNotTrusted(source, source);
  }

  @Test
  void jarIsTrustedOnlyWithTheJarsThatItRefersTo() throws IOException {
    Path helper = jar("helper.jar", "", "1");
    Path jar = jar("own.jar", "helper.jar", "1");
    add(jar);

    assertTrusted(jar);
    jar("helper.jar", "", "2");
    assertNotTrusted(jar, helper);
  }

  @Test
  void jarsAreFollowedThroughFilesWithAnyName() throws IOException {
    Path helper = jar("helper.jar", "", "1");
    jar("middle.java", "helper.jar", "1");
    Path jar = jar("own.jar", "middle.java", "1");
    add(jar);

    assertTrusted(jar);
    jar("helper.jar", "", "2");
    assertNotTrusted(jar, helper);
  }

  @Test
  void aQueryThatAReferenceHidesIsNamed() {
    Secrets.hide("; c0py-1t-t0-4n0th3r", "${file:x}");

    assertThatThrownBy(() -> trust.requireQueries("query: select 1; c0py-1t-t0-4n0th3r\n"))
        .hasMessageContaining("in the run file");
    assertThatThrownBy(() -> trust.requireQueries("query: select 1\n"))
        .hasMessageNotContaining("in the run file");
  }

  @Test
  void jarThatRefersToTheNetworkIsRefused() throws IOException {
    Path jar = jar("own.jar", "http://example.org/evil.jar", "1");

    assertNotTrusted(jar, jar);
    assertThatThrownBy(() -> add(jar)).isInstanceOf(InvalidSettings.class);
  }

  @Test
  void jarWithAnIndexOfOtherJarsIsRefused() throws IOException {
    Path jar = folder.resolve("own.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("META-INF/INDEX.LIST"));
    }

    assertThatThrownBy(() -> add(jar))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("INDEX.LIST");
  }

  @Test
  void pathWithALineBreakAddsOneLine() throws IOException {
    Path hidden = Files.createDirectory(folder.resolve("a\n" + "0".repeat(64) + "  b"));
    add(Files.writeString(hidden.resolve("A.java"), "class A {}"));

    assertThat(Files.readAllLines(folder.resolve("config/trusted-code"))).hasSize(1);
  }

  @Test
  void listWithoutALastLineBreakIsContinuedOnANewLine() throws IOException {
    Path first = Files.writeString(folder.resolve("A.java"), "class A {}");
    add(first);
    Path list = folder.resolve("config/trusted-code");
    Files.writeString(list, Files.readString(list).strip());
    Path second = Files.writeString(folder.resolve("B.java"), "class B {}");
    add(second);

    assertTrusted(first);
    assertTrusted(second);
  }

  @Test
  void placeOfTheListIsConfigurable() {
    assertThat(TrustedCode.list(Map.of(TrustedCode.VARIABLE, "/x/list")))
        .contains(Path.of("/x/list"));
    assertThat(TrustedCode.list(Map.of("XDG_CONFIG_HOME", "/c")))
        .contains(Path.of("/c/counterpoint/trusted-code"));
  }

  private Path jar(String name, String classPath, String content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (!classPath.isEmpty()) {
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    }
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new ZipEntry("content"));
      jar.write(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return file;
  }
}
