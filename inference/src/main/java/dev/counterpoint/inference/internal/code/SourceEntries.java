package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.function.Consumer;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * The entries of a {@code --classpath}, split into source files to compile and jars or folders with
 * compiled classes.
 *
 * @param sources the text of the source files, by path
 */
record SourceEntries(Map<Path, String> sources, List<Path> classPath) {
  private static final String JAVA = ".java";
  private static final String JAR = ".jar";

  /** Allowed reference: other characters could mean a different file to the class loader. */
  private static final String REFERENCE = "[A-Za-z0-9._/+:-]+";

  private static final String INDEX = "META-INF/INDEX.LIST";

  /**
   * Classifies the entries, and reads the source files.
   *
   * @param copies the files and folders that are read in place of entries, by absolute path
   * @throws InvalidSettings if an entry cannot be used; the message lists each of them
   */
  static SourceEntries of(List<Path> entries, Map<Path, Path> copies) {
    SourceEntries found = new SourceEntries(new LinkedHashMap<>(), new ArrayList<>());
    List<Problem> problems = new ArrayList<>();
    for (Path entry : entries) {
      FileAccess.requireAccess(entry);
      try {
        found.add(entry, copies.getOrDefault(entry.toAbsolutePath().normalize(), entry));
      } catch (InvalidSettings e) {
        e.problems().forEach(problem -> problems.add(problem.under("--classpath " + entry)));
      }
    }
    InvalidSettings.requireNone(problems);
    return found;
  }

  private void add(Path entry, Path copy) {
    if (!Files.exists(copy)) {
      throw new InvalidSettings("does not exist");
    }
    String name = entry.toString();
    try {
      if (Files.isDirectory(copy)) {
        addFolder(entry, copy);
      } else if (name.endsWith(JAVA)) {
        sources.put(entry, Utf8File.read(copy));
      } else if (name.endsWith(JAR)) {
        checkJar(copy);
        classPath.add(copy);
      } else {
        throw new InvalidSettings("is neither a jar, nor a folder, nor a .java file");
      }
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidSettings("cannot be read: " + e.getMessage());
    }
  }

  private void addFolder(Path folder, Path copy) throws IOException {
    try (Stream<Path> children = Files.list(copy);
        Stream<Path> descendants = Files.walk(copy)) {
      List<Path> found = children.filter(file -> file.toString().endsWith(JAVA)).sorted().toList();
      if (found.isEmpty() && descendants.noneMatch(file -> file.toString().endsWith(".class"))) {
        throw new InvalidSettings("contains no .class files, and no .java files at its top level");
      }
      for (Path source : found) {
        sources.put(folder.resolve(copy.relativize(source)), Utf8File.read(source));
      }
      classPath.add(copy);
    }
  }

  /**
   * The entries, and the jars and folders to which the {@code Class-Path} of their manifests
   * refers: class loader and compiler read those too.
   *
   * @param check checks each reference, also of a file that does not exist
   * @throws InvalidSettings if a manifest refers to a URL that is not a file
   */
  static List<Path> withReferenced(List<Path> entries, Consumer<Path> check) {
    Set<Path> all = new LinkedHashSet<>();
    for (Path entry : entries) {
      Path path = entry.toAbsolutePath().normalize();
      if (path.toString().endsWith(JAVA)) {
        all.add(path);
      } else {
        addReferenced(path, all, check);
      }
    }
    return List.copyOf(all);
  }

  private static void addReferenced(Path entry, Set<Path> all, Consumer<Path> check) {
    // A class loader reads any referenced file as a jar, whatever its name.
    if (!all.add(entry) || !Files.isRegularFile(entry)) {
      return;
    }
    try (JarFile jar = new JarFile(entry.toFile())) {
      if (jar.getEntry(INDEX) != null) {
        throw new InvalidSettings(
            entry + " has a " + INDEX + ", which loads other jars. Build the jar without it.");
      }
      Manifest manifest = jar.getManifest();
      String references =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      StringTokenizer found = new StringTokenizer(references == null ? "" : references);
      while (found.hasMoreTokens()) { // as the class loader reads it
        String reference = found.nextToken();
        if (!reference.matches(REFERENCE)) {
          throw new InvalidSettings(
              "%s has a Class-Path with \"%s\"; a reference may have letters, digits and ._/+:-.",
              entry, Excerpt.ofItem(reference));
        }
        Path referenced = Path.of(entry.toUri().resolve(reference)).normalize();
        check.accept(referenced);
        if (Files.exists(referenced)) {
          addReferenced(referenced, all, check);
        }
      }
    } catch (IOException e) {
      throw new InvalidSettings(entry + " cannot be read as a jar: " + e.getMessage());
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new InvalidSettings(entry + " has a Class-Path that is not a file: " + e.getMessage());
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
