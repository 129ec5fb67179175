package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.code.TrustedCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunCodeTest {
  @TempDir private Path folder;

  private Path jar(String name, String classPath) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    Path jar = folder.resolve(name);
    Files.createDirectories(jar.resolveSibling(""));
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
    return jar;
  }

  @Test
  void jarsToWhichAJarRefersAreCopiedAndHashed() throws IOException {
    Path main = jar("main.jar", "lib/helper.jar");
    jar("lib/helper.jar", "other.jar");
    Path run = Files.createDirectory(folder.resolve("run"));
    RunCode code = new RunCode(run, List.of("../main.jar"));
    code.save(SourcePath.open(List.of(main)));

    assertThat(run.resolve("code/0/lib/helper.jar")).exists();
    Map<String, String> before = code.sha256();
    assertThat(before).containsOnlyKeys("0/main.jar", "0/lib/helper.jar");
    Files.copy(
        jar("lib/helper.jar", "changed.jar"),
        run.resolve("code/0/lib/helper.jar"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(code.sha256().get("0/main.jar")).isEqualTo(before.get("0/main.jar"));
    assertThat(code.sha256().get("0/lib/helper.jar")).isNotEqualTo(before.get("0/lib/helper.jar"));
  }

  @Test
  void changesOfTheRunDirectoryAfterItsCodeWasOpenedAreNeitherLoadedNorTrusted() throws Exception {
    Path run = Files.createDirectory(folder.resolve("run"));
    RunCode code = new RunCode(run, List.of("../A.java", "../lib.jar"));
    Path source = Files.writeString(folder.resolve("A.java"), "public class A {}");
    code.save(SourcePath.open(List.of(source, jar("lib.jar", "helper.jar"))));
    try (SourcePath opened = code.open(List.of(), TrustedCode.everything())) {
      Path copy = run.resolve("code/0/A.java");
      Files.writeString(copy, "public class A { static { System.exit(1); } }");
      Map<Path, String> trusted = code.save(opened);

      assertThat(trusted)
          .containsEntry(copy, Sha256.of(source))
          .doesNotContainValue(Sha256.of(copy));
      assertThat(opened.find("A")).isPresent();
    }
  }
}
