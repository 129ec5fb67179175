package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user-defined code and the queries that are allowed to run although a run directory, a step
 * snapshot or a model folder names them, and not the user. Such a folder is untrusted.
 *
 * <p>The user's list of trusted code is a text file with a line for each jar, source file or class
 * folder, or for the queries of a run: SHA-256 and path, as {@code sha256sum} prints them. The
 * SHA-256 of a folder is that of such lines for all of its files. {@code train} adds the code that
 * it runs.
 */
public final class TrustedCode {
  /** The environment variable with the path of the list. */
  public static final String VARIABLE = "COUNTERPOINT_TRUSTED_CODE";

  private static final int HASH_LENGTH = 64; // hexadecimal digits
  private static final Pattern AMBIGUOUS = Pattern.compile("[\\\\\\p{Cntrl}]");
  private static final int MAX_QUERIES = 4_000; // characters that are shown
  private static final int MAX_FILES = 100_000; // of a class folder
  private static final long MAX_BYTES = 1L << 30; // of all code that a folder names

  private final @Nullable Path list;
  private final boolean everything;

  private TrustedCode(@Nullable Path list, boolean everything) {
    this.list = list;
    this.everything = everything;
  }

  /** Trusts all code. Use it only for folders whose code you would also run as a program. */
  public static TrustedCode everything() {
    return new TrustedCode(list(System.getenv()).orElse(null), true);
  }

  /** Trusts no code. */
  public static TrustedCode none() {
    return new TrustedCode(null, false);
  }

  /**
   * Trusts the code in the user's list: the environment variable {@link #VARIABLE}, or {@code
   * counterpoint/trusted-code} in {@code XDG_CONFIG_HOME} or {@code ~/.config}.
   */
  public static TrustedCode ofUser() {
    return new TrustedCode(list(System.getenv()).orElse(null), false);
  }

  /** Trusts the code in a list; a list that does not exist is empty. */
  public static TrustedCode in(Path list) {
    return new TrustedCode(list, false);
  }

  static Optional<Path> list(Map<String, String> environment) {
    String home = System.getProperty("user.home", "?"); // Java's value for an unknown user
    String configured = environment.getOrDefault(VARIABLE, "");
    String folder = environment.getOrDefault("XDG_CONFIG_HOME", "");
    if (!configured.isEmpty()) {
      return Optional.of(Path.of(configured).toAbsolutePath());
    }
    if (folder.isEmpty() && home.equals("?")) {
      return Optional.empty();
    }
    return Optional.of(
        (folder.isEmpty() ? Path.of(home, ".config") : Path.of(folder))
            .resolve("counterpoint/trusted-code")
            .toAbsolutePath());
  }

  /**
   * Checks code before it is compiled or loaded.
   *
   * @param entries jars, class folders and source files
   * @return the code; only its copies are what was checked
   * @throws InvalidSettings if an entry does not exist or is not trusted; the message lists each
   *     with its SHA-256
   */
  List<NamedCode> require(List<Path> entries) {
    requirePlain(entries);
    List<NamedCode> code = entries.stream().map(NamedCode::of).toList();
    requireLines(
        code.stream()
            .flatMap(it -> it.byPath().entrySet().stream())
            .map(it -> it.getValue() + "  " + onOneLine("" + it.getKey()))
            .distinct());
    return code;
  }

  /**
   * Checks untrusted code before its content is read.
   *
   * @param entries jars, class folders and source files; missing ones are ignored
   * @return the existing entries, and the jars and folders to which they refer
   * @throws InvalidSettings if one is or has a link, a pipe or a device, or they are too large
   */
  public static List<Path> requirePlain(List<Path> entries) {
    return requirePlain(entries, referenced -> {});
  }

  /** As {@link #requirePlain(List)}, with a check of all jars and folders that jars refer to. */
  static List<Path> requirePlain(List<Path> entries, Consumer<Path> reference) {
    List<Path> all =
        SourceEntries.withReferenced(entries.stream().filter(Files::exists).toList(), reference);
    long bytes = 0;
    for (Path entry : all) {
      boolean isUsable = false;
      try (Stream<Path> found = Files.walk(entry)) {
        List<Path> files = found.limit(MAX_FILES + 1).toList();
        bytes += files.stream().mapToLong(file -> file.toFile().length()).sum();
        isUsable = files.size() <= MAX_FILES && files.stream().allMatch(FolderEntries::isPlain);
      } catch (IOException | UncheckedIOException e) {
        // A folder that cannot be read.
      }
      if (!isUsable || bytes > MAX_BYTES) {
        throw new InvalidSettings(
            "The code in %s is refused: a link, a pipe, a device, an unreadable folder, or more than %s files or 1 GiB.",
            entry, MAX_FILES);
      }
    }
    return all;
  }

  /**
   * Checks queries before they are sent to a database; a query of DuckDB can also read and write
   * files.
   *
   * @throws InvalidSettings if they are not trusted
   */
  public void requireQueries(String queries) {
    requireLines(Stream.of(queries).filter(it -> !it.isEmpty()).map(TrustedCode::line));
  }

  private static String line(String queries) {
    String text = onOneLine(queries);
    return Sha256.of(queries)
        + "  "
        + (text.length() <= MAX_QUERIES
            ? text
            : text.substring(0, MAX_QUERIES) + " ... (shortened; the rest is in the run file)");
  }

  private void requireLines(Stream<String> lines) {
    if (everything) {
      return;
    }
    Set<String> trusted = read();
    String unknown =
        lines
            .filter(line -> !trusted.contains(line.substring(0, HASH_LENGTH)))
            .collect(Collectors.joining("\n  "));
    if (!unknown.isEmpty()) {
      throw new InvalidSettings(
          "The folder names code that is not in the list of trusted code%s:\n  %s\n"
              + "If you have read it%s and want to run it, add --trust-code. Code that you train"
              + " with is added to the list.",
          list == null ? "" : ", " + list,
          unknown,
          Secrets.mask(unknown).equals(unknown)
              ? ""
              : " in the run file, because a reference hides a part of it here,");
    }
  }

  /**
   * Adds code and queries to the list.
   *
   * @param hashes the SHA-256 of each entry
   * @param queries empty for none
   * @throws IOException if the list cannot be written
   */
  public void add(Map<Path, String> hashes, String... queries) throws IOException {
    Set<String> trusted = read();
    Stream<String> code =
        hashes.entrySet().stream().map(it -> it.getValue() + "  " + onOneLine("" + it.getKey()));
    String lines =
        Stream.concat(code, Stream.of(queries).filter(it -> !it.isEmpty()).map(TrustedCode::line))
            .map(line -> line + "\n")
            .filter(line -> !trusted.contains(line.substring(0, HASH_LENGTH)))
            .collect(Collectors.joining());
    if (lines.isEmpty()) {
      return;
    }
    if (list == null) {
      throw new IOException("the user has no home directory; set " + VARIABLE + " to a file");
    }
    FileAccess.createPrivateFolder(list.resolveSibling("").toAbsolutePath());
    if (!Files.exists(list)) {
      Files.createFile(list, FileAccess.creating(FileAccess.PRIVATE_FILE));
    }
    boolean endsLine = Files.size(list) == 0 || Files.readString(list).endsWith("\n");
    Files.writeString(list, endsLine ? lines : "\n" + lines, StandardOpenOption.APPEND);
  }

  /** Replaces line breaks, which would add lines, and marks that change the order of text. */
  private static String onOneLine(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
  }

  private Set<String> read() {
    try {
      if (list == null || !Files.exists(list)) {
        return Set.of();
      }
      FileAccess.exposure(list)
          .ifPresent(
              exposure -> {
                throw new InvalidSettings(
                    "The list of trusted code %s is not safe: %s. Make it private, or set %s to another file.",
                    list, exposure, VARIABLE);
              });
      try (Stream<String> lines = Files.lines(list)) {
        return lines
            .filter(line -> line.length() > HASH_LENGTH)
            .map(line -> line.substring(0, HASH_LENGTH))
            .collect(Collectors.toUnmodifiableSet());
      }
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidSettings(
          "The list of trusted code %s cannot be read as UTF-8 text: %s", list, e.getMessage());
    }
  }

  /** Entries, and the jars and folders to which the {@code Class-Path} of jars refers. */
  public static List<Path> withReferenced(List<Path> entries) {
    return SourceEntries.withReferenced(entries, referenced -> {});
  }

  /** The SHA-256 of each of {@link #withReferenced}. */
  static Map<Path, String> hashes(List<Path> entries) {
    Map<Path, String> hashes = new LinkedHashMap<>();
    withReferenced(entries).forEach(entry -> hashes.put(entry, hash(entry)));
    return hashes;
  }

  /** The SHA-256 of a jar or source file, or of the names and SHA-256 of all files of a folder. */
  public static String hash(Path entry) {
    try {
      return Files.isDirectory(entry) ? hash(files(entry)) : Sha256.of(entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The SHA-256 of the names and SHA-256 of files, as for a folder with them. */
  public static String hash(Map<String, Path> files) throws IOException {
    SortedMap<String, String> hashes = new TreeMap<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      hashes.put(file.getKey(), Sha256.of(file.getValue()));
    }
    return hashOfFolder(hashes);
  }

  /** The hash of a folder with files of these names and SHA-256. */
  public static String hashOfFolder(SortedMap<String, String> files) {
    StringBuilder lines = new StringBuilder();
    files.forEach((name, hash) -> lines.append(hash).append("  ").append(name).append('\n'));
    return Sha256.of(lines.toString());
  }

  /**
   * The files of a folder by their names relative to it, or a file by its name.
   *
   * @throws InvalidSettings if two folders could have the same hash because of a name with a
   *     backslash, which separates folders on some systems, or with a control character
   */
  public static Map<String, Path> files(Path entry) throws IOException {
    if (!Files.isDirectory(entry)) {
      return Map.of(entry.getFileName().toString(), entry);
    }
    Map<String, Path> files = new TreeMap<>();
    // A class loader follows links to folders, too.
    try (Stream<Path> found = Files.walk(entry, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        String name = entry.relativize(file).toString().replace(File.separatorChar, '/');
        if (AMBIGUOUS.matcher(name).find()) {
          throw new InvalidSettings(
              "%s has a file with a backslash or a control character in its name: %s",
              entry, Excerpt.ofItem(name));
        }
        files.put(name, file);
      }
    } catch (UncheckedIOException e) { // such as a link to a folder above it
      throw new InvalidSettings(
          "%s cannot be read, or has a symbolic link to a folder above it.", entry);
    }
    return files;
  }
}
