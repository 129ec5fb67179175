package dev.counterpoint.serving.registry;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.AtomicFolders;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.RegistryConflict;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A registry of models in a folder. Versions are integers and never change; their content is stored
 * once, by its hash. Aliases move. Several processes can use it at the same time, and a process
 * that is killed leaves the state before or after its change.
 *
 * <pre>
 * journal.jsonl        every change, linked by hashes; the names, versions and aliases follow from it
 * artifacts/SHA256/    model/, the code/ of the run, its provenance.json and summary.json
 * </pre>
 *
 * The journal may be in a database instead, for several machines that share the folder.
 */
public final class FolderRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(FolderRegistry.class);
  private static final String MODEL = "model";
  private static final String CODE = "code";
  private static final List<String> ABOUT_RUN = List.of("provenance.json", "summary.json");
  private static final String ARTIFACTS = "artifacts";
  private static final Set<String> CREATED =
      Set.of(ARTIFACTS, FolderJournal.LOCK, FolderJournal.FILE);
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final Path folder;
  private final Path artifacts;
  private final RegistryJournal journal;
  private final LocalDisk disk = new LocalDisk();
  private final AtomicFolders stored;
  private final String user;

  /**
   * The registry in a folder, which may not exist yet.
   *
   * @param user who changes it, for the journal
   */
  public FolderRegistry(Path folder, String user) {
    this(folder, new FolderJournal(folder), user);
  }

  /**
   * A registry whose journal may be outside of its folder.
   *
   * @param folder has the content of the versions; may not exist yet
   */
  public FolderRegistry(Path folder, RegistryJournal journal, String user) {
    this.folder = folder;
    this.user = user;
    this.journal = journal;
    artifacts = folder.resolve(ARTIFACTS);
    stored = new AtomicFolders(artifacts, HASH, disk);
  }

  /**
   * Reads the registry.
   *
   * @throws InvalidSettings if the folder has no registry, or its journal is damaged
   */
  public RegistryContent content() throws IOException {
    List<RegistryEvent> events = journal.events();
    if (events.isEmpty()) {
      throw new InvalidSettings(
          "%s contains no registry: %s is missing or empty. Adding a model creates one.",
          folder, journal.name());
    }
    return RegistryContent.of(events);
  }

  /** The folder of a version, which is laid out as a run directory. */
  public Path folder(Version version) {
    return artifacts.resolve(version.artifact());
  }

  /**
   * Adds a model as the next version of a name: its model folder, the code of its run, and the
   * files that describe the run.
   *
   * @param directory a run directory or a model folder
   * @throws InvalidSettings if it has no model, a file of the model was changed, or the model is an
   *     adapter, which needs the files of its base model
   */
  public Version add(String name, Path directory) throws IOException {
    Path model = ModelFolder.within(directory);
    return add(new ModelId(name, null, null), model, model);
  }

  /**
   * Adds a model like {@link #add(String, Path)} and, in the same change, moves an alias to it.
   *
   * @param id the name, and an alias or none
   * @param model the model folder
   * @param original the model folder in the run directory, from which {@code model} was derived
   */
  public Version add(ModelId id, Path model, Path original) throws IOException {
    if (ModelFolder.isAdapter(model)) {
      throw new InvalidSettings(
          "%s is an adapter, which needs its base model. Merge them first: merge %s --output DIR",
          model, model);
    }
    if (!Files.exists(model.resolve(ModelFolder.CONFIG))) {
      throw new InvalidSettings(
          "%s contains no model: its %s is missing.", model, ModelFolder.CONFIG);
    }
    FolderChecksums.verify(model).await();
    Map<String, Path> files = files(model, original);
    String artifact = TrustedCode.hash(files);
    create();
    Path copy = artifacts.resolve("." + UUID.randomUUID() + ".copy");
    try {
      if (fault(artifact).isPresent()) { // missing, or damaged
        copy(files, copy, artifact); // without the lock: it may take minutes
      }
      RegistryContent after =
          change(
              content -> {
                if (Files.exists(copy)) {
                  stored.publish(artifact, target -> disk.rename(copy, target));
                } else if (!Files.exists(artifacts.resolve(artifact))) {
                  throw new RegistryConflict(
                      "A version with the same content was removed at the same time. Try again.");
                }
                int version = content.nextVersion(id.name());
                return event(RegistryEvent.Kind.ADD, id.name(), version, artifact, id.alias());
              });
      return after.find(new ModelId(id.name(), after.nextVersion(id.name()) - 1, null));
    } finally {
      disk.delete(copy);
    }
  }

  /** The files of a version by their names in its folder. */
  private static Map<String, Path> files(Path model, Path original) throws IOException {
    FolderEntries.requireFiles(model, 1);
    Map<String, Path> files = new TreeMap<>();
    for (Path file : FolderEntries.of(model)) {
      if (Files.isRegularFile(file) && !file.getFileName().toString().startsWith(".")) {
        files.put(MODEL + "/" + file.getFileName(), file);
      }
    }
    Path run = original.toAbsolutePath().normalize().resolveSibling("");
    if (original.endsWith(MODEL)) {
      if (Files.isDirectory(run.resolve(CODE))) {
        TrustedCode.requirePlain(List.of(run.resolve(CODE)));
        TrustedCode.files(run.resolve(CODE))
            .forEach((name, file) -> files.put(CODE + "/" + name, file));
      }
      ABOUT_RUN.stream()
          .filter(it -> Files.isRegularFile(run.resolve(it)))
          .forEach(it -> files.put(it, run.resolve(it)));
    }
    for (Path file : files.values()) {
      if (!FolderEntries.isPlain(file)) {
        throw new InvalidSettings("%s is a symbolic link. Replace it with the file.", file);
      }
    }
    return files;
  }

  private void copy(Map<String, Path> files, Path target, String artifact) throws IOException {
    disk.createDirectory(target);
    for (Map.Entry<String, Path> file : files.entrySet()) {
      Path copy = target.resolve(file.getKey());
      for (int i = target.getNameCount() + 1; i < copy.getNameCount(); i++) {
        disk.createDirectory(target.resolve(copy.subpath(target.getNameCount(), i)));
      }
      disk.write(copy, out -> Files.copy(file.getValue(), Channels.newOutputStream(out)));
    }
    for (Path directory : directories(target)) {
      disk.force(directory);
    }
    if (!TrustedCode.hash(target).equals(artifact)) {
      throw new InvalidSettings("A file of the model was changed while it was copied. Try again.");
    }
  }

  private static List<Path> directories(Path target) throws IOException {
    try (Stream<Path> all = Files.walk(target)) {
      return all.filter(Files::isDirectory).toList();
    }
  }

  /**
   * Moves an alias, if it refers to the expected version.
   *
   * @param id the name with the alias
   * @param version the version from now on; null removes the alias
   * @param expected the version until now, 0 if the alias must not exist; null allows any
   * @throws InvalidSettings if the version does not exist
   * @throws RegistryConflict if the alias is not as expected
   */
  public void setAlias(ModelId id, @Nullable Integer version, @Nullable Integer expected)
      throws IOException {
    content(); // An alias does not create a registry.
    String alias = id.alias();
    if (alias == null) {
      throw new InvalidSettings("\"%s\" does not name an alias; use NAME@ALIAS.", id);
    }
    change(
        content -> {
          content.find(new ModelId(id.name(), version, null));
          int current = content.alias(id.name(), alias).orElse(0);
          if (expected != null && current != expected) {
            throw new RegistryConflict(
                "%s refers to %s, and not to %s as expected; nothing was changed."
                    .formatted(id, describe(current), describe(expected)));
          }
          if (version == null && current == 0) {
            throw new InvalidSettings("There is no alias %s.", id);
          }
          return event(RegistryEvent.Kind.ALIAS, id.name(), version, null, alias);
        });
  }

  private static String describe(int version) {
    return version == 0 ? "no version" : "version " + version;
  }

  /**
   * Removes a version, and its content unless another version has the same content. If the content
   * cannot be deleted, a warning is logged.
   *
   * @throws InvalidSettings if it does not exist, or an alias refers to it
   */
  public void remove(ModelId id) throws IOException {
    Version version = content().find(id);
    if (id.version() == null) {
      throw new InvalidSettings(
          "\"%s\" does not name a version; use NAME/VERSION, such as %s.", id, version.id());
    }
    change(
        content -> {
          List<String> aliases = content.aliases(content.find(id));
          if (!aliases.isEmpty()) {
            throw new InvalidSettings(
                "%s cannot be removed: its aliases are %s. Move or remove them first.",
                id, String.join(", ", aliases));
          }
          return event(RegistryEvent.Kind.REMOVE, id.name(), version.number(), null, null);
        });
    try {
      journal.exclusively(
          appender -> {
            boolean isUsed =
                RegistryContent.of(appender.events()).artifacts().contains(version.artifact());
            if (!isUsed && Files.exists(folder(version))) {
              stored.remove(version.artifact());
            }
            return isUsed;
          });
    } catch (IOException e) {
      LOG.warn("{} was removed, but not its content {}.", id, folder(version), e);
    }
  }

  /**
   * Compares the content of all versions with their hashes.
   *
   * @return a description of each fault
   * @throws InvalidSettings if the journal is damaged
   */
  public List<String> verify() throws IOException {
    List<String> faults = new ArrayList<>();
    for (String artifact : content().artifacts()) {
      fault(artifact).ifPresent(faults::add);
    }
    return faults;
  }

  private Optional<String> fault(String artifact) {
    Path content = artifacts.resolve(artifact);
    if (!Files.isDirectory(content)) {
      return Optional.of(content + " is missing");
    }
    try (Stream<Path> files = Files.walk(content)) { // A link would be followed.
      if (!files.allMatch(FolderEntries::isPlain)) {
        return Optional.of(content + " was changed: it contains a link or a device");
      }
    } catch (IOException | UncheckedIOException e) {
      return Optional.of(content + " cannot be read");
    }
    return TrustedCode.hash(content).equals(artifact)
        ? Optional.empty()
        : Optional.of(content + " was changed");
  }

  /**
   * The folder of a version, after its content was compared with its hash.
   *
   * @throws InvalidSettings if it was changed
   */
  public Path verified(Version version) {
    fault(version.artifact())
        .ifPresent(
            fault -> {
              throw new InvalidSettings("%s: %s.", version.id(), fault);
            });
    return folder(version);
  }

  private RegistryEvent event(
      RegistryEvent.Kind kind,
      String name,
      @Nullable Integer version,
      @Nullable String artifact,
      @Nullable String alias) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return new RegistryEvent(kind, now, user, name, version, artifact, alias);
  }

  /** Decides on a change, while no other process changes the registry. */
  @FunctionalInterface
  private interface Change {
    RegistryEvent decide(RegistryContent content) throws IOException;
  }

  private RegistryContent change(Change change) throws IOException {
    return journal.exclusively(
        appender -> {
          recover();
          List<RegistryEvent> events = new ArrayList<>(appender.events());
          RegistryEvent event = change.decide(RegistryContent.of(events));
          appender.append(event);
          events.add(event);
          return RegistryContent.of(events);
        });
  }

  /** Completes or removes what a killed process has left; a change does not depend on it. */
  private void recover() {
    try {
      stored.recover();
    } catch (IOException e) { // such as a folder of another user
      LOG.warn("{} is not cleaned up.", artifacts, e);
    }
  }

  /** Writes the first event before any content, so that content without events is detected. */
  private void create() throws IOException {
    if (!journal.events().isEmpty() && Files.exists(artifacts)) {
      return;
    }
    for (Path entry : FolderEntries.of(folder)) {
      if (!CREATED.contains(entry.getFileName().toString())) {
        throw new InvalidSettings(
            "%s contains other files, but no registry. Name a new or empty folder.", folder);
      }
    }
    if (!Files.exists(folder)) {
      FileAccess.createPrivateFolder(folder);
    }
    FileAccess.createPrivateFolder(artifacts);
    journal.exclusively(
        appender -> {
          boolean isNew = appender.events().isEmpty();
          if (isNew && !FolderEntries.of(artifacts).isEmpty()) {
            throw new InvalidSettings(
                "%s has content, but the journal %s is missing or empty. Restore the journal, which lists the versions.",
                artifacts, journal.name());
          }
          if (isNew) {
            appender.append(event(RegistryEvent.Kind.CREATE, "", null, null, null));
          }
          return isNew;
        });
  }

  /**
   * The content that belongs to no version, for example because an {@code add} was killed. It may
   * be deleted, unless the journal has lost its last lines.
   */
  public List<Path> unused() throws IOException {
    Set<String> used = content().artifacts();
    return FolderEntries.of(artifacts).stream()
        .filter(it -> !used.contains(it.getFileName().toString()))
        .toList();
  }
}
