package dev.counterpoint.inference.internal.config;

import static dev.counterpoint.inference.internal.config.BinderTest.assertRejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.inference.internal.code.SourcePath;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SourcePathTest {
  private static final String WARMER =
      """
      import dev.counterpoint.inference.internal.config.Sample;

      public record Warmer(int steps) implements Sample.Rate {
        public static Warmer defaults() {
          return new Warmer(9);
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void compilesASingleFileWithoutPackage() throws IOException {
    try (SourcePath path = SourcePath.open(List.of(write("Warmer.java", WARMER)))) {
      Sample.Rate rate = bind(path, "type: Warmer\nsteps: 5");

      assertThat(rate).hasToString("Warmer[steps=5]");
      assertThat(bind(path, Sample.binder(path).toYaml(rate))).isEqualTo(rate);
    }
  }

  @Test
  void filesCanReferToEachOtherAndUsePackages() throws IOException {
    Path one =
        write(
            "One.java",
            """
            package com.acme.rates;

            public final class One {
              private final int twice = Two.TWO;

              public record Config(int steps) implements dev.counterpoint.inference.internal.config.Sample.Rate {
                public static Config defaults() {
                  return new Config(Two.TWO);
                }
              }
            }
            """);
    Path two =
        write("Two.java", "package com.acme.rates; final class Two { static final int TWO = 2; }");

    try (SourcePath path = SourcePath.open(List.of(one, two))) {
      assertThat(bind(path, "type: com.acme.rates.One")).hasToString("Config[steps=2]");
    }
  }

  @Test
  void compilesTheFilesOfAFolder() throws IOException {
    write("Warmer.java", WARMER);

    try (SourcePath path = SourcePath.open(List.of(folder))) {
      assertThat(bind(path, "Warmer")).hasToString("Warmer[steps=9]");
    }
  }

  @Test
  void classFoldersAndJarsAreVisibleToProgramAndSourceFiles() throws IOException {
    Path classes =
        compile("Inner", "public final class Inner { public static int four() { return 4; } }");
    Path jar = jar("inner.jar", Map.of("Inner.class", classes.resolve("Inner.class")), "");
    Path source = write("Warmer.java", WARMER.replace("9", "Inner.four()"));

    for (Path library : List.of(classes, jar)) {
      try (SourcePath path = SourcePath.open(List.of(library, source))) {
        assertThat(bind(path, "Warmer")).hasToString("Warmer[steps=4]");
        assertThat(path.find("Inner")).isPresent();
      }
    }
  }

  @Test
  void compilerFollowsTheClassPathOfAJarManifest() throws IOException {
    Path classes = compile("Far", "public final class Far { public static final int N = 6; }");
    jar("far.jar", Map.of("Far.class", classes.resolve("Far.class")), "");
    Path near = jar("near.jar", Map.of(), "far.jar");
    Path source = write("Warmer.java", WARMER.replace("9", "Far.N"));

    try (SourcePath path = SourcePath.open(List.of(near, source))) {
      assertThat(bind(path, "Warmer")).hasToString("Warmer[steps=6]");
    }
  }

  @Test
  void parameterNamesAreKept() throws Exception {
    Path source = write("Named.java", "public class Named { public Named(int width) {} }");

    try (SourcePath path = SourcePath.open(List.of(source))) {
      Class<?> named = path.find("Named").orElseThrow();
      assertThat(named.getConstructors()[0].getParameters()[0].getName()).isEqualTo("width");
    }
  }

  @Test
  void allCompilerErrorsAreReportedWithFileAndLine() throws IOException {
    Path one = write("One.java", "public class One {\n  int a = \"x\";\n  Gone b;\n}\n");
    Path two = write("Two.java", "public class Two {\n\n  void f() { return 1; }\n}\n");

    assertRejected(
        () -> SourcePath.open(List.of(one, two)),
        one + ":3: & cannot find symbol; symbol: class Gone; location: class One",
        one + ":2: & incompatible types: java.lang.String cannot be converted to int",
        two + ":3: & incompatible types: unexpected return value");
  }

  @Test
  void unusableEntriesAreReported() throws IOException {
    Path text = write("notes.txt", "x");
    Path broken = write("broken.jar", "x");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path gone = folder.resolve("Gone.java");

    assertRejected(
        () -> SourcePath.open(List.of(text, broken, empty, gone)),
        "--classpath " + text + " & jar & folder & .java file",
        "--classpath " + broken + " & cannot be read & jar",
        "--classpath " + empty + " & .class files & .java files",
        "--classpath " + gone + " & does not exist");
  }

  @Test
  void missingCompilerIsReportedWithTheNeedForAJdk() throws IOException {
    Path source = write("Warmer.java", WARMER);

    assertRejected(
        () -> SourcePath.open(List.of(source), null),
        "Compiling " + source + " & JDK & " + System.getProperty("java.home"));
  }

  @Test
  void unknownClassIsReportedWithASuggestion() throws IOException {
    Path source = write("Warmer.java", WARMER);

    try (SourcePath path = SourcePath.open(List.of(source))) {
      assertRejected(
          () -> bind(path, "type: Warmr"),
          "run.yaml: type \"Warmr\" is unknown & the program or in "
              + source
              + " & did you mean \"Warmer\"? & constant, linear, or a class name & (line 1)");
    }
  }

  @Test
  void classWithMissingDependencyIsRejected() throws IOException {
    Path source = write("Warmer.java", WARMER + "class Rest {}");
    Path classes = folder.resolve("out");
    Files.createDirectory(classes);
    Path lacking = write("Lacking.java", "public class Lacking extends Base {}\nclass Base {}\n");
    javac(classes, lacking);
    Files.delete(classes.resolve("Base.class"));

    try (SourcePath path = SourcePath.open(List.of(classes, source))) {
      assertRejected(
          () -> bind(path, "type: Lacking"),
          "run.yaml: type \"Lacking\" & java.lang.NoClassDefFoundError: Base & (line 1)");
    }
  }

  @Test
  void withoutEntriesUsesTheProgramsClassLoader() {
    assertThat(SourcePath.none().loader()).isEqualTo(SourcePath.class.getClassLoader());
    assertThat(SourcePath.open(List.of()).loader()).isEqualTo(SourcePath.class.getClassLoader());
  }

  private static Sample.Rate bind(SourcePath path, String yaml) {
    String keys = yaml.contains(":") ? yaml : "type: " + yaml;
    return Sample.binder(path)
        .bind(SettingsTree.load("run.yaml", keys, List.of()), Sample.Rate.class);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Path compile(String name, String source) throws IOException {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Path sources = Files.createDirectory(folder.resolve("sources"));
    javac(classes, Files.writeString(sources.resolve(name + ".java"), source));
    return classes;
  }

  private static void javac(Path output, Path source) {
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-d", output.toString(), source.toString());
    assertThat(code).isZero();
  }

  private Path jar(String name, Map<String, Path> content, String classPath) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    Path jar = folder.resolve(name);
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Map.Entry<String, Path> entry : content.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(Files.readAllBytes(entry.getValue()));
        out.closeEntry();
      }
    }
    return jar;
  }
}
