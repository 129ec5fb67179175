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

/** A {@code --classpath} taken apart: what is to be compiled, and what holds classes already. */
record SourceEntries(List<Path> sources, List<Path> classPath) {
  private static final String JAVA = ".java";

  /**
   * Looks at each entry.
   *
   * @throws InvalidSettings naming each that cannot be used
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
    try (Stream<Path> within = Files.list(folder);
        Stream<Path> below = Files.walk(folder)) {
      List<Path> found = within.filter(file -> file.toString().endsWith(JAVA)).sorted().toList();
      if (found.isEmpty() && below.noneMatch(file -> file.toString().endsWith(".class"))) {
        throw new InvalidSettings("holds neither classes nor, directly in it, .java files");
      }
      sources.addAll(found);
      classPath.add(folder);
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidSettings("cannot be read: " + e.getMessage());
    }
  }

  /** A class loader passes over a jar that it cannot read, without a word. */
  private static void checkJar(Path jar) {
    try (JarFile opened = new JarFile(jar.toFile())) {
      opened.entries();
    } catch (IOException e) {
      throw new InvalidSettings("cannot be read as a jar: " + e.getMessage());
    }
  }
}
