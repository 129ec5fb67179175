package dev.counterpoint.serving.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.RegistryConflict;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FolderRegistryTest {
  @TempDir private Path temporary;

  private Path folder;
  private FolderRegistry registry;

  @BeforeEach
  void open() {
    folder = temporary.resolve("registry");
    registry = new FolderRegistry(folder, "ann@host");
  }

  /** A run directory with a model of this content. */
  private Path run(String weights) throws IOException {
    Path run = Files.createTempDirectory(temporary, "run");
    Path model = Files.createDirectory(run.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    Files.writeString(model.resolve("model.safetensors"), weights);
    FolderChecksums.write(model);
    Files.writeString(run.resolve("provenance.json"), "{}");
    Files.createDirectories(run.resolve("code/0"));
    Files.writeString(run.resolve("code/0/Own.java"), "class Own {}");
    return run;
  }

  private static ModelId id(String text) {
    return ModelId.parse(text);
  }

  private Path journal() {
    return folder.resolve("journal.jsonl");
  }

  @Test
  void aVersionHasTheFilesOfTheModelAndItsCode() throws IOException {
    Version version = registry.add("fraud", run("a"));

    Path files = registry.folder(version);
    assertThat(version.id()).hasToString("fraud/1");
    assertThat(files.resolve("model/model.safetensors")).hasContent("a");
    assertThat(files.resolve("code/0/Own.java")).exists();
    assertThat(files.resolve("provenance.json")).exists();
    assertThat(registry.verify()).isEmpty();
  }

  @Test
  void equalModelsAreStoredOnce() throws IOException {
    Version first = registry.add("fraud", run("a"));
    Version second = registry.add("other", run("a"));
    registry.remove(id("fraud/1"));

    assertThat(second.artifact()).isEqualTo(first.artifact());
    assertThat(registry.folder(second)).exists();
    registry.remove(id("other/1"));
    assertThat(registry.folder(second)).doesNotExist();
  }

  @Test
  void numbersOfRemovedVersionsAreNotUsedAgain() throws IOException {
    registry.add("fraud", run("a"));
    registry.add("fraud", run("b"));
    registry.remove(id("fraud/2"));

    assertThat(registry.add("fraud", run("c")).number()).isEqualTo(3);
  }

  @Test
  void aNameRefersToItsChampionOrItsNewestVersion() throws IOException {
    registry.add("fraud", run("a"));
    registry.add("fraud", run("b"));
    assertThat(registry.content().find(id("fraud")).number()).isEqualTo(2);

    registry.setAlias(id("fraud@champion"), 1, null);

    RegistryContent content = registry.content();
    assertThat(content.find(id("fraud")).number()).isEqualTo(1);
    assertThat(content.find(id("fraud@champion")).number()).isEqualTo(1);
    assertThat(content.find(id("fraud/2")).number()).isEqualTo(2);
    assertThatThrownBy(() -> content.find(id("fraud/3"))).hasMessageContaining("fraud/1, fraud/2");
    assertThatThrownBy(() -> content.find(id("froud"))).hasMessageContaining("fraud");
  }

  @Test
  void anAliasThatIsNotAsExpectedIsNotMoved() throws IOException {
    registry.add("fraud", run("a"));
    registry.add("fraud", run("b"));
    registry.setAlias(id("fraud@champion"), 1, 0);

    assertThatThrownBy(() -> registry.setAlias(id("fraud@champion"), 2, 0))
        .isInstanceOf(RegistryConflict.class)
        .hasMessageContaining("version 1");
    registry.setAlias(id("fraud@champion"), 2, 1);
    assertThat(registry.content().alias("fraud", "champion")).contains(2);
    registry.setAlias(id("fraud@champion"), null, 2);
    assertThat(registry.content().alias("fraud", "champion")).isEmpty();
    assertThatThrownBy(() -> registry.setAlias(id("fraud@champion"), 7, null))
        .isInstanceOf(InvalidSettings.class);
  }

  @Test
  void aVersionWithAnAliasIsNotRemoved() throws IOException {
    Version version = registry.add("fraud", run("a"));
    registry.setAlias(id("fraud@champion"), 1, null);

    assertThatThrownBy(() -> registry.remove(id("fraud/1"))).hasMessageContaining("champion");
    assertThatThrownBy(() -> registry.remove(id("fraud"))).hasMessageContaining("fraud/1");
    assertThat(registry.folder(version)).exists();
  }

  @Test
  void aChangedFileOfTheModelIsRefused() throws IOException {
    Path run = run("a");
    Files.writeString(run.resolve("model/model.safetensors"), "b");

    assertThatThrownBy(() -> registry.add("fraud", run)).hasMessageContaining("SHA256SUMS");
    assertThatThrownBy(() -> registry.content()).hasMessageContaining("no registry");
  }

  @Test
  void aChangedFileOfAVersionIsFound() throws IOException {
    Version version = registry.add("fraud", run("a"));
    Files.writeString(registry.folder(version).resolve("code/0/Own.java"), "class Evil {}");

    assertThat(registry.verify()).singleElement().asString().contains(version.artifact());
  }

  @Test
  void aLinkInAVersionIsAFault() throws IOException {
    Version version = registry.add("fraud", run("a"));
    Files.createSymbolicLink(registry.folder(version).resolve("model/linked"), temporary);

    assertThat(registry.verify()).singleElement().asString().contains(version.artifact());
  }

  @Test
  void linksOfARunAreNotFollowed() throws IOException {
    Path code = run("a");
    Files.createSymbolicLink(code.resolve("code/0/other"), temporary);
    Path about = run("a");
    Files.delete(about.resolve("provenance.json"));
    Files.createSymbolicLink(
        about.resolve("provenance.json"), Files.writeString(temporary.resolve("key"), "secret"));

    for (Path run : List.of(code, about)) {
      assertThatThrownBy(() -> registry.add("fraud", run))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(run.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({"fraud, 1, ../../other", "../fraud, 1, A", "fraud, 0, A", "fraud, , A"})
  void aChangeThatNoCommandMakesIsRefused(String name, Integer version, String artifact) {
    RegistryEvent event =
        new RegistryEvent(
            RegistryEvent.Kind.ADD,
            "",
            "",
            name,
            version,
            artifact.replace("A", "a".repeat(64)),
            version == null ? "../x" : null);

    assertThatThrownBy(() -> RegistryContent.of(List.of(event)))
        .isInstanceOf(InvalidSettings.class);
  }

  @Test
  void aChangedOrDeletedLineOfTheJournalIsFound() throws IOException {
    registry.add("fraud", run("a"));
    registry.add("fraud", run("b"));
    registry.setAlias(id("fraud@champion"), 1, null);
    String whole = Files.readString(journal());

    Files.writeString(
        journal(), whole.replace("\"version\":1,\"alias\"", "\"version\":2,\"alias\""));
    assertThatThrownBy(() -> registry.content()).hasMessageContaining("line 4");

    Files.writeString(journal(), whole.lines().skip(1).reduce("", (a, b) -> a + b + "\n"));
    assertThatThrownBy(() -> registry.content()).hasMessageContaining("line 1");
  }

  @Test
  void aLineThatWasNotCompletedDoesNotCount() throws IOException {
    registry.add("fraud", run("a"));
    String whole = Files.readString(journal());
    Files.writeString(journal(), whole.substring(0, 20), StandardOpenOption.APPEND);

    assertThat(registry.content().versions().get("fraud")).hasSize(1);
    registry.setAlias(id("fraud@champion"), 1, null);
    assertThat(registry.content().events()).hasSize(3);
  }

  @Test
  void contentOfAnAddThatWasKilledIsNamed() throws IOException {
    registry.add("fraud", run("a"));
    Path artifacts = folder.resolve("artifacts");
    Files.createDirectories(artifacts.resolve("." + "0".repeat(64) + ".new/model"));
    Files.createDirectories(artifacts.resolve("1".repeat(64)));

    registry.setAlias(id("fraud@champion"), 1, null);

    assertThat(registry.unused()).containsExactly(artifacts.resolve("1".repeat(64)));
    try (Stream<Path> left = Files.list(artifacts)) {
      assertThat(left).hasSize(2);
    }
  }

  @Test
  void aLostJournalDeletesNothing() throws IOException {
    Version first = registry.add("fraud", run("a"));
    Version second = registry.add("fraud", run("b"));
    String whole = Files.readString(journal());
    Path run = run("c");

    Files.writeString(journal(), "");
    assertThatThrownBy(() -> registry.add("fraud", run)).hasMessageContaining("missing or empty");
    assertThatThrownBy(registry::verify).hasMessageContaining("missing or empty");
    Files.delete(journal());
    assertThatThrownBy(() -> registry.add("fraud", run)).hasMessageContaining("missing or empty");
    Files.writeString(journal(), whole.strip()); // without the last line break
    registry.add("fraud", run);

    assertThat(registry.folder(first)).exists();
    assertThat(registry.folder(second)).exists();
    assertThat(registry.content().versions().get("fraud")).hasSize(3);
  }

  @Test
  void aDamagedVersionIsRepairedByAddingItAgain() throws IOException {
    Path run = run("a");
    Version version = registry.add("fraud", run);
    Files.writeString(registry.folder(version).resolve("model/config.json"), "[]");

    registry.add("fraud", run);
    assertThat(registry.verify()).isEmpty();
  }

  @Test
  void anAliasMovesInTheSameChange() throws IOException {
    Path model = run("a").resolve("model");
    registry.add(id("fraud@champion"), model, model);

    assertThat(registry.content().events()).hasSize(2); // with the creation
    assertThat(registry.content().alias("fraud", "champion")).contains(1);
    assertThatThrownBy(() -> new ModelId("fraud", null, "a b")).hasMessageContaining("a b");
  }

  @Test
  void onlyAddCreatesARegistry() {
    assertThatThrownBy(() -> registry.setAlias(id("fraud@champion"), 1, null))
        .hasMessageContaining("no registry");
    assertThatThrownBy(() -> registry.remove(id("fraud/1"))).hasMessageContaining("no registry");
    assertThat(folder).doesNotExist();
  }

  /** A step of a test. */
  private interface Step {
    void run() throws IOException;
  }

  /** A journal that runs steps when it is locked, and before and after it appends. */
  private record Observed(RegistryJournal journal, Step onLock, Step onAppend, Step afterAppend)
      implements RegistryJournal {
    @Override
    public String name() {
      return journal.name();
    }

    @Override
    public List<RegistryEvent> events() throws IOException {
      return journal.events();
    }

    @Override
    public <T> T exclusively(Exclusive<T> work) throws IOException {
      onLock.run();
      return journal.exclusively(
          appender ->
              work.run(
                  new Appender() {
                    @Override
                    public List<RegistryEvent> events() throws IOException {
                      return appender.events();
                    }

                    @Override
                    public void append(RegistryEvent event) throws IOException {
                      onAppend.run();
                      appender.append(event);
                      afterAppend.run();
                    }
                  }));
    }
  }

  private FolderRegistry observed(Step onLock, Step onAppend, Step afterAppend) {
    return new FolderRegistry(
        folder, new Observed(new FolderJournal(folder), onLock, onAppend, afterAppend), "ann@host");
  }

  @Test
  void aFirstVersionThatCouldNotBeAddedDoesNotPreventTheNext() throws IOException {
    AtomicInteger appended = new AtomicInteger();
    FolderRegistry full =
        observed(
            () -> {},
            () -> {
              if (appended.incrementAndGet() == 2) { // after the creation
                throw new IOException("No space left on device");
              }
            },
            () -> {});
    Path run = run("a");
    assertThatThrownBy(() -> full.add("fraud", run)).hasMessageContaining("No space");

    assertThat(registry.add("fraud", run("b")).number()).isEqualTo(1);
    assertThat(registry.unused()).hasSize(1);
  }

  @Test
  void aChangeThatIsInTheJournalIsNotReportedAsFailed() throws IOException {
    registry.add("fraud", run("a"));
    Path target = folder.resolve("artifacts").resolve("0".repeat(64));
    Step damage =
        () -> { // what cannot be recovered
          Files.createDirectory(target.resolveSibling("." + target.getFileName() + ".old"));
          Files.createSymbolicLink(target, Path.of("missing"));
        };

    observed(() -> {}, () -> {}, damage).setAlias(id("fraud@champion"), 1, null);

    assertThat(registry.content().alias("fraud", "champion")).contains(1);
  }

  @Test
  void aVersionWhoseContentCannotBeDeletedIsRemoved() throws IOException {
    Version version = registry.add("fraud", run("a"));
    AtomicInteger locked = new AtomicInteger();
    Step failsAfterTheChange =
        () -> {
          if (locked.incrementAndGet() == 2) {
            throw new IOException("Stale file handle");
          }
        };

    observed(failsAfterTheChange, () -> {}, () -> {}).remove(version.id());

    assertThat(registry.content().all()).isEmpty();
    assertThat(registry.unused()).containsExactly(registry.folder(version));
  }

  @Test
  void aModelIsCopiedBeforeTheJournalIsLocked() throws IOException {
    registry.add("fraud", run("a"));
    List<Integer> copies = new ArrayList<>();

    observed(() -> copies.add(registry.unused().size()), () -> {}, () -> {}).add("fraud", run("b"));

    assertThat(copies).containsExactly(1);
    assertThat(registry.unused()).isEmpty();
  }

  @Test
  void contentThatIsRemovedWhileItIsAddedAgainIsAConflict() throws IOException {
    Path run = run("a");
    Version version = registry.add("fraud", run);
    FolderRegistry other = observed(() -> registry.remove(version.id()), () -> {}, () -> {});

    assertThatThrownBy(() -> other.add("fraud", run)).isInstanceOf(RegistryConflict.class);

    assertThat(registry.content().all()).isEmpty();
    registry.add("fraud", run);
    assertThat(registry.verify()).isEmpty();
  }

  @Test
  void changesOfManyThreadsAreAllInTheJournal() throws Exception {
    List<Future<Version>> added = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int i = 0; i < 12; i++) {
        Path run = run("weights " + i);
        added.add(threads.submit(() -> new FolderRegistry(folder, "ann@host").add("fraud", run)));
      }
      List<Integer> numbers = new ArrayList<>();
      for (Future<Version> version : added) {
        numbers.add(version.get().number());
      }
      assertThat(numbers).doesNotHaveDuplicates().hasSize(12);
    } finally {
      threads.shutdown();
    }
    assertThat(registry.content().versions().get("fraud")).hasSize(12);
    assertThat(registry.verify()).isEmpty();
  }

  @Test
  void aFolderWithOtherFilesIsRefusedAndNotChanged() throws IOException {
    Files.createDirectory(folder);
    Files.writeString(folder.resolve("notes.txt"), "mine");

    Path run = run("a");
    assertThatThrownBy(() -> registry.add("fraud", run)).hasMessageContaining("other files");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("notes.txt"));
    }
  }
}
