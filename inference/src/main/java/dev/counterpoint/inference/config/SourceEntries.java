package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The entries of a {@code --classpath}, split into source files to compile and jars or folders with
 * compiled classes.
 */
record SourceEntries(List<Path> sources, List<Path> classPath) {
  private static final String JAVA = ".java";

  /**
   * Classifies the entries.
   *
   * @throws InvalidSettings if an entry cannot be used; the message lists each of them
   */
  static SourceEntries of(List<Path> entries) {
    SourceEntries found = new SourceEntries(new ArrayList<>(), new ArrayList<>());
    List<Problem> problems = new ArrayList<>();
    for (Path entry : entries) {
      try {
        found.add(entry);
      } catch (InvalidSettings e) {
        e.problems().forEach(problem -> problems.add(problem.under("--classpath " + entry)));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return found;
  }

  private void add(Path entry) {
    if (!Files.exists(entry)) {
      throw new InvalidSettings("does not exist");
    }
    String name = entry.toString();
    if (Files.isDirectory(entry)) {
      addFolder(entry);
    } else if (name.endsWith(JAVA)) {
      sources.add(entry);
    } else if (name.endsWith(".jar")) {
      checkJar(entry);
      classPath.add(entry);
    } else {
      throw new InvalidSettings("is neither a jar, nor a folder, nor a .java file");
    }
  }

  private void addFolder(Path folder) {
    try (Stream<Path> children = Files.list(folder);
        Stream<Path> descendants = Files.walk(folder)) {
      List<Path> found = children.filter(file -> file.toString().endsWith(JAVA)).sorted().toList();
      if (found.isEmpty() && descendants.noneMatch(file -> file.toString().endsWith(".class"))) {
        throw new InvalidSettings("contains no .class files, and no .java files at its top level");
      }
      sources.addAll(found);
      classPath.add(folder);
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidSettings("cannot be read: " + e.getMessage());
    }
  }

  /** Checks that a jar is readable; a class loader silently ignores an unreadable jar. */
  private static void checkJar(Path jar) {
    try (JarFile opened = new JarFile(jar.toFile())) {
      opened.entries();
    } catch (IOException e) {
      throw new InvalidSettings("cannot be read as a jar: " + e.getMessage());
    }
  }
}
