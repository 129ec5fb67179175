package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.machine.CodeFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;

/**
 * The user-defined code of a run: the class path of its run file. The run directory has a copy of
 * each entry, {@code code/INDEX/NAME}, and the compiled classes, {@code code/classes}; later
 * commands use the copy, whether the original has changed, moved or not.
 *
 * @param run the run directory
 * @param classpath the class path in the run file or in the config of its model; relative paths are
 *     relative to the run directory
 */
public record RunCode(Path run, List<String> classpath) {

  /** The folder of the copies in the run directory, and the key of the hashes in the provenance. */
  public static final String FOLDER = "code";

  private static final String CLASSES = "classes";

  /** The size above which files of a class folder are data, and are not copied. */
  private static final long MAX_BYTES = 16 << 20;

  public RunCode {
    classpath = List.copyOf(classpath);
  }

  /** The original path of an entry of the class path. */
  private Path original(int index) {
    return run.resolve(classpath.get(index)).normalize();
  }

  private Path copy(int index) {
    return run.resolve(FOLDER)
        .resolve(Integer.toString(index))
        .resolve(String.valueOf(original(index).getFileName())); // null for a root
  }

  /** The copy of each entry, or the original if there is no copy. */
  public List<Path> entries() {
    return IntStream.range(0, classpath.size())
        .mapToObj(i -> Files.exists(copy(i)) ? copy(i) : original(i))
        .toList();
  }

  /** The first entry that does not exist; empty if there is none. */
  public Optional<Path> missing() {
    return entries().stream().filter(entry -> !Files.exists(entry)).findFirst();
  }

  /**
   * Opens the code of the run.
   *
   * @param own entries that the user named; one with the file name of an entry of the run replaces
   *     it
   * @param trust which code of the run directory may run
   */
  public SourcePath open(List<Path> own, TrustedCode trust) {
    List<Path> named =
        entries().stream()
            .filter(Files::exists)
            .filter(
                it -> own.stream().noneMatch(one -> one.endsWith(String.valueOf(it.getFileName()))))
            .toList();
    Path classes = run.resolve(FOLDER).resolve(CLASSES);
    boolean compiled = ToolProvider.getSystemJavaCompiler() == null && Files.exists(classes);
    Set<Path> usable = new LinkedHashSet<>();
    named.forEach(it -> usable.add(compiled && it.toString().endsWith(".java") ? classes : it));
    return SourcePath.open(own, List.copyOf(usable), trust);
  }

  /**
   * Copies the code with which this process trains into the run directory.
   *
   * @param used the opened code
   * @return the SHA-256 of all code that the user has run by this: the originals and the copies
   */
  public Map<Path, String> save(SourcePath used) throws IOException {
    boolean changed = false;
    Map<Path, String> trusted = new LinkedHashMap<>(used.hashes());
    for (int i = 0; i < classpath.size(); i++) {
      Path original = original(i);
      List<Path> candidates =
          used.entries().stream()
              .map(it -> it.toAbsolutePath().normalize())
              .filter(it -> it.endsWith(original.getFileName()))
              .toList();
      if (candidates.isEmpty()) {
        continue;
      }
      Path entry = candidates.contains(original) ? original : candidates.get(0);
      if (!entry.startsWith(run)) {
        Path loaded = used.loadedFrom(entry);
        new LocalDisk().delete(copy(i).resolveSibling("")); // It may have other jars.
        copy(loaded, copy(i));
        for (Path jar : TrustedCode.withReferenced(List.of(loaded))) {
          Path relative = relative(loaded, jar);
          if (!jar.equals(loaded) && !relative.startsWith("..")) { // Others stay where they are.
            copy(jar, copy(i).resolveSibling(relative.toString()));
          }
        }
        if (Files.isDirectory(entry)) { // Only a part of the folder: it has another hash.
          trusted.put(copy(i), TrustedCode.hash(relevant(loaded)));
        }
        changed = true;
      }
    }
    Path classes = run.resolve(FOLDER).resolve(CLASSES);
    if (changed) {
      new LocalDisk().delete(classes);
      SortedMap<String, String> hashes = new TreeMap<>();
      for (Map.Entry<String, byte[]> compiled : used.compiled().entrySet()) {
        String name = compiled.getKey().replace('.', '/') + ".class";
        Files.createDirectories(classes.resolve(name).resolveSibling(""));
        Files.write(classes.resolve(name), compiled.getValue());
        hashes.put(name, Sha256.of(compiled.getValue()));
      }
      if (!hashes.isEmpty()) {
        trusted.put(classes, TrustedCode.hashOfFolder(hashes));
      }
    }
    return trusted;
  }

  private void copy(Path entry, Path target) throws IOException {
    if (!Files.isDirectory(entry)) {
      Files.createDirectories(target.resolveSibling(""));
      Files.copy(entry, target, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    for (Map.Entry<String, Path> file : relevant(entry).entrySet()) {
      Path to = target.resolve(file.getKey());
      Files.createDirectories(to.resolveSibling(""));
      Files.copy(file.getValue(), to);
    }
  }

  /** The files of a class folder that are copied: no large data, and not the run directory. */
  private Map<String, Path> relevant(Path entry) throws IOException {
    Map<String, Path> relevant = new TreeMap<>();
    for (Map.Entry<String, Path> file : TrustedCode.files(entry).entrySet()) {
      boolean isCode = file.getKey().matches(".*\\.(java|class|jar)");
      if (!file.getValue().toAbsolutePath().startsWith(run)
          && (isCode || Files.size(file.getValue()) <= MAX_BYTES)) {
        relevant.put(file.getKey(), file.getValue());
      }
    }
    return relevant;
  }

  /** A hash of each entry, by file name, for the provenance. */
  public Map<String, String> hashes() throws IOException {
    return CodeFacts.hashes(entries());
  }

  private static Path relative(Path entry, Path referenced) {
    return entry.toAbsolutePath().normalize().resolveSibling("").relativize(referenced);
  }

  /** The SHA-256 of each entry and of the jars that it refers to, by entry number and name. */
  public Map<String, String> sha256() {
    Map<String, String> code = new TreeMap<>();
    List<Path> entries = entries();
    for (int i = 0; i < entries.size(); i++) {
      Path entry = entries.get(i);
      for (Path each : TrustedCode.withReferenced(List.of(entry))) {
        code.put(
            i + "/" + relative(entry, each),
            Files.exists(each) ? TrustedCode.hash(each) : "missing");
      }
    }
    return code;
  }

  /**
   * A message for each entry whose original has changed since it was copied. For a run of an
   * earlier version, which has no copy, a message for each entry that has changed since it was
   * trained.
   */
  public List<String> changes() throws IOException {
    JsonNode last = Provenance.lastProcess(new RunDirectory(run));
    List<String> changes = new ArrayList<>();
    for (int i = 0; i < classpath.size(); i++) {
      Path original = original(i);
      if (!Files.exists(original)) {
        continue;
      }
      String name = original.getFileName().toString();
      if (Files.exists(copy(i))) {
        List<String> differences = differences(copy(i), original);
        if (!differences.isEmpty()) {
          changes.add(
              "%s has changed since the run was trained; using the copy in the run directory: %s"
                  .formatted(original, String.join(", ", differences)));
        }
      } else if (last.path(FOLDER).has(name)
          && !last.path(FOLDER).path(name).asText().contains(CodeFacts.hash(original))) {
        changes.add(
            name
                + " has changed since the run was trained: the weights belong to the previous"
                + " version.");
      }
    }
    return changes;
  }

  private List<String> differences(Path copy, Path original) throws IOException {
    Map<String, Path> before = TrustedCode.files(copy);
    Map<String, Path> after =
        Files.isDirectory(original) ? relevant(original) : TrustedCode.files(original);
    List<String> differences = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(after.keySet());
    for (String name : names) {
      Path one = before.get(name);
      Path other = after.get(name);
      if (one == null || other == null) {
        differences.add(name + (one == null ? " is new" : " is missing"));
      } else if (Files.mismatch(one, other) >= 0) {
        differences.add(name + (name.endsWith(".java") ? lines(one, other) : " differs"));
      }
    }
    return differences;
  }

  private static String lines(Path before, Path after) throws IOException {
    Multiset<String> old = HashMultiset.create(Files.readAllLines(before));
    Multiset<String> now = HashMultiset.create(Files.readAllLines(after));
    return Formats.of(
        " (%d lines removed, %d added)",
        Multisets.difference(old, now).size(), Multisets.difference(now, old).size());
  }
}
