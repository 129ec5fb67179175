package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A jar, class folder or source file that a run directory, a step snapshot or a model folder names.
 * Its writer may change it at any time, so only a private copy that has these hashes is compiled
 * and loaded.
 *
 * @param path its absolute path
 * @param hashes the SHA-256 of the entry, and of the jars and folders to which it refers, by path
 *     relative to the folder of the entry
 */
record NamedCode(Path path, SortedMap<Path, String> hashes) {
  /** The folder of the copies in the cache. The name of a copy is a hash of its content. */
  private static final String COPIES = "code";

  NamedCode {
    hashes = Collections.unmodifiableSortedMap(new TreeMap<>(hashes));
  }

  /**
   * Reads an entry.
   *
   * @throws InvalidSettings if it does not exist, has something else than plain files, is too
   *     large, or refers to a jar that is not below its folder
   */
  static NamedCode of(Path entry) {
    Path path = entry.toAbsolutePath().normalize();
    Path folder = path.resolveSibling("");
    if (!Files.exists(path)) {
      throw new InvalidSettings("--classpath %s does not exist.", entry);
    }
    SortedMap<Path, String> hashes = new TreeMap<>();
    TrustedCode.requirePlain(List.of(path), referenced -> requireBelow(folder, referenced))
        .forEach(each -> hashes.put(folder.relativize(each), TrustedCode.hash(each)));
    return new NamedCode(path, hashes);
  }

  /** Requires a reference into the copied folder: files elsewhere could appear or change later. */
  private static void requireBelow(Path folder, Path referenced) {
    if (!referenced.startsWith(folder)) {
      throw new InvalidSettings(
          "A jar in %s has a Class-Path with %s, which is not below that folder. Name all jars with --classpath.",
          folder, referenced);
    }
  }

  /** The SHA-256 of the entry, and of the jars and folders to which it refers, by path. */
  Map<Path, String> byPath() {
    Map<Path, String> absolute = new LinkedHashMap<>();
    hashes.forEach((each, hash) -> absolute.put(path.resolveSibling(each), hash));
    return absolute;
  }

  /**
   * The private copy of the entry in the user's cache folder.
   *
   * @throws InvalidSettings if the code was changed after it was read, or cannot be copied
   */
  Path copy() {
    try {
      Path copies = FileAccess.createPrivateFolder(CacheFolder.path().resolve(COPIES));
      Path folder = copies.resolve(Sha256.of(hashes.toString()));
      FileAccess.requireSafe(folder, "the copy of code", CacheFolder.VARIABLE);
      if (!Files.exists(folder)) {
        publish(Files.createTempDirectory(copies, "new-"), folder);
      }
      return requireSame(folder, "The copy of " + path + " is damaged; delete it: " + folder);
    } catch (IOException e) {
      throw new InvalidSettings("%s cannot be copied: %s.", path, IoFailure.of(e));
    }
  }

  private void publish(Path temporary, Path folder) throws IOException {
    try {
      for (Path relative : hashes.keySet()) {
        for (Path file : TrustedCode.files(path.resolveSibling(relative)).values()) {
          Path to = temporary.resolve(path.resolveSibling("").relativize(file));
          Files.createDirectories(to.resolveSibling(""));
          Files.copy(file, to, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.REPLACE_EXISTING);
        }
      }
      requireSame(temporary, path + " was changed while it was read. Try again.");
      Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!Files.exists(folder)) { // Otherwise another process has made the same copy.
        throw e;
      }
    } finally {
      new LocalDisk().delete(temporary);
    }
  }

  /** The copy of the entry in a folder, if all of it has the hashes of the entry. */
  private Path requireSame(Path folder, String problem) {
    Path copy = folder.resolve(String.valueOf(path.getFileName()));
    if (!Files.exists(copy) || !of(copy).hashes.equals(hashes)) {
      throw new InvalidSettings(problem);
    }
    return copy;
  }
}
