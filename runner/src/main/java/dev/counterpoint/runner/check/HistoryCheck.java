package dev.counterpoint.runner.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointLink;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * History check: verifies that the checkpoints of a run are linked and have the linked content,
 * that its data, code and settings are those that they record, and that training from one
 * checkpoint leads to the parameters of a later one.
 */
public final class HistoryCheck {
  /** The path of the final model in the run directory. */
  public static final String MODEL = "model";

  private static final String CHECKPOINTS = "checkpoints/";
  private static final String BEST = CHECKPOINTS + "best";
  private static final String STEP = "step-";

  /** The hash that an earlier version of Counterpoint recorded for a folder of images. */
  private static final String EMPTY_FOLDER = Sha256.of(new byte[0]);

  private final RunDirectory run;
  private final List<CheckpointLink> links;

  /** The last link of each step: a resumed run repeats steps, and replaces their checkpoints. */
  private final Map<Long, CheckpointLink> lastLinks;

  private final TreeMap<Long, Checkpoint> checkpoints = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  /**
   * The steps before the first link, whose checkpoints an earlier version of Counterpoint wrote
   * without a link, and step 0.
   */
  private final Set<Long> unlinked = new TreeSet<>();

  private final Set<Long> unknownPositions = new TreeSet<>();

  /**
   * Reads the links and checkpoints of a run.
   *
   * @throws InvalidSettings if it has no links, because an earlier version trained it
   */
  public HistoryCheck(RunDirectory run) throws IOException {
    this.run = run;
    try {
      links = CheckpointLink.read(run.history());
    } catch (DamagedFile e) { // what the check looks for, not an invalid request
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
    lastLinks = byStep(links);
    if (links.isEmpty()) {
      throw new InvalidSettings(
          run.path()
              + " has no history.jsonl: it was trained by an earlier version, or has no checkpoint.");
    }
    for (Path folder : FolderEntries.of(run.checkpoints())) {
      if (folder.getFileName().toString().startsWith(STEP)) {
        try {
          Checkpoint checkpoint = Checkpoint.open(folder);
          checkpoints.put(checkpoint.step(), checkpoint);
          if (!folder.endsWith(CheckpointStore.name(checkpoint.step()))) {
            faults.add(folder + " has the state of step " + checkpoint.step());
          }
        } catch (IOException e) {
          faults.add(String.valueOf(e.getMessage()));
        }
      }
    }
  }

  /** The links in the order in which they were saved. */
  public List<CheckpointLink> links() {
    return links;
  }

  /** The steps of the intact checkpoints. */
  public Set<Long> steps() {
    return checkpoints.keySet();
  }

  /** Verifies links and files, code and data; describes each fault. */
  public List<String> faults() throws IOException {
    Set<String> known = new HashSet<>(Set.of(CheckpointLink.NONE));
    for (CheckpointLink link : links) {
      if (!known.contains(link.previous())) {
        faults.add(
            "%s, step %s: the previous link is missing from the lines before this one"
                .formatted(run.history(), link.step()));
      }
      known.add(link.hash());
    }
    for (Checkpoint checkpoint : checkpoints.values()) {
      if (checkpoint.link().isPresent() || checkpoint.step() >= links.get(0).step()) {
        verify(checkpoint);
      }
      if (checkpoint.step() == 0 || checkpoint.step() < links.get(0).step()) {
        unlinked.add(checkpoint.step());
      }
    }
    verifyBest();
    JsonNode recorded = recorded().path("code");
    code()
        .forEach(
            (name, hash) -> {
              if (!recorded.path(name).asText(hash).equals(hash)) {
                faults.add("code " + name + " has changed since the run was trained: " + hash);
              }
            });
    return faults;
  }

  /**
   * The folders with weights that are not in the history, by their paths in the run directory: the
   * final model, the best checkpoint, copies, and {@link #unlinked} checkpoints. Call {@link
   * #faults} first.
   */
  public List<String> others() throws IOException {
    List<String> names = new ArrayList<>(Files.exists(run.model()) ? List.of(MODEL) : List.of());
    for (Path folder : FolderEntries.of(run.checkpoints())) {
      String name = folder.getFileName().toString();
      if (!name.startsWith(STEP)) {
        names.add(CHECKPOINTS + name);
      }
    }
    unlinked.forEach(step -> names.add(CHECKPOINTS + CheckpointStore.name(step)));
    return names;
  }

  /**
   * The steps of {@link #others} whose weights are those of a checkpoint in the history. Other
   * folders may contain averaged weights, or those of a validation without a checkpoint.
   *
   * @param segment the steps that count
   */
  public Map<String, Long> verified(Segment segment) throws IOException {
    Map<String, Long> steps = new LinkedHashMap<>();
    for (String name : others()) {
      Path weights = run.path().resolve(name).resolve("model.safetensors");
      if (Files.exists(weights)) {
        OptionalLong step = stepOf(weights);
        if (step.isPresent()
            && step.getAsLong() > segment.from()
            && step.getAsLong() <= segment.to()) {
          steps.put(name, step.getAsLong());
        }
      }
    }
    return steps;
  }

  private OptionalLong stepOf(Path weights) throws IOException {
    String sum = Sha256.of(weights);
    Optional<CheckpointLink> linked =
        links.stream()
            .filter(link -> link.parameters().equals(sum))
            .filter(link -> link.equals(lastLinks.get(link.step())))
            .reduce((first, second) -> second);
    if (linked.isPresent()) {
      return OptionalLong.of(linked.get().step());
    }
    String hash = ModelHash.of(weights); // another file with the same parameters
    for (Checkpoint checkpoint : checkpoints.descendingMap().values()) {
      if (!unlinked.contains(checkpoint.step())
          && ModelHash.of(checkpoint.directory().resolve("model.safetensors")).equals(hash)) {
        return OptionalLong.of(checkpoint.step());
      }
    }
    return OptionalLong.empty();
  }

  /** Verifies the best checkpoint, which is not in the history: its link must match its files. */
  private void verifyBest() {
    Path folder = run.path().resolve(BEST);
    if (!Files.exists(folder)) {
      return;
    }
    try {
      Checkpoint best = Checkpoint.open(folder);
      if (best.link().isPresent() && !best.link().equals(Optional.of(best.actualLink()))) {
        faults.add(folder + " is not the checkpoint that was saved");
      }
    } catch (IOException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The number of links that a later link of the same step, with other parameters or another
   * optimizer state, has replaced.
   */
  public long replaced() {
    return links.stream()
        .filter(link -> !isSame(link, lastLinks.getOrDefault(link.step(), link)))
        .count();
  }

  private static boolean isSame(CheckpointLink one, CheckpointLink other) {
    return one.parameters().equals(other.parameters()) && one.optimizer().equals(other.optimizer());
  }

  private void verify(Checkpoint checkpoint) throws IOException {
    CheckpointLink actual = checkpoint.actualLink();
    CheckpointLink expected = lastLinks.getOrDefault(checkpoint.step(), actual);
    boolean linked = links.contains(actual) && isSame(actual, expected);
    if (!linked || !checkpoint.link().equals(Optional.of(actual))) {
      Map<String, Boolean> changed = new LinkedHashMap<>();
      changed.put("parameters", !expected.parameters().equals(actual.parameters()));
      changed.put("optimizer state", !expected.optimizer().equals(actual.optimizer()));
      changed.put("state.json", !expected.state().equals(actual.state()));
      changed.values().removeIf(differs -> !differs);
      faults.add(
          "%s is not the checkpoint that was saved: %s changed"
              .formatted(
                  checkpoint.directory(), changed.isEmpty() ? "the link" : changed.keySet()));
    }
  }

  /**
   * Verifies that data and settings of the run file are those that the run recorded.
   *
   * @param current the run with its present run file
   * @return what leads to the weights, one line for each file of data and code, query and part
   * @throws RunFailed if they differ
   * @throws InvalidSettings if a file is missing
   */
  public List<String> inputs(Run current) throws IOException {
    List<String> inputs = new ArrayList<>();
    List<String> changes = new ArrayList<>();
    Map<String, Path> named = current.namedFiles();
    Map<String, String> hashes = Provenance.hashes(named);
    named.forEach(
        (key, file) ->
            inputs.add(
                "%s: SHA-256 %s, %s"
                    .formatted(key, hashes.get(key), Secrets.mask(file.toString()))));
    JsonNode recorded = Provenance.lastProcess(run).path("files");
    for (Map.Entry<String, JsonNode> file : recorded.properties()) {
      String key = file.getKey();
      if (!hashes.containsKey(key)) {
        throw new InvalidSettings(
            "%s: the file does not exist. The run was trained with %s.",
            key, file.getValue().path("file").asText());
      }
      String hash = file.getValue().path("sha256").asText();
      if (!hash.isEmpty() && !hash.equals(EMPTY_FOLDER) && !hash.equals(hashes.get(key))) {
        changes.add(
            key + ": " + named.get(key) + " differs from the file that the run was trained with");
      }
    }
    inputs.addAll(current.codeLines());
    if (recorded().has("runFile")) {
      current
          .changedSince(recorded().path("runFile").asText())
          .forEach(problem -> changes.add("run.yaml: " + problem));
    }
    RunFailed.ifAny(changes);
    RunPart.of(current).forEach(part -> inputs.addAll(part.lines()));
    return inputs;
  }

  /** The SHA-256 of the copies of the code, by the names that a checkpoint records. */
  private Map<String, String> code() throws IOException {
    SettingsTree tree =
        SettingsTree.load(RunDirectory.RUN_FILE, Utf8File.read(run.runFile()), List.of());
    RunCode code = new RunCode(run.path(), tree.strings("classpath"));
    TrustedCode.requirePlain(code.entries());
    return code.sha256();
  }

  /** Run file and code of the newest checkpoint. */
  private JsonNode recorded() {
    return checkpoints.isEmpty()
        ? MissingNode.getInstance()
        : Run.recordedBy(checkpoints.lastEntry().getValue());
  }

  /**
   * The segment to recompute.
   *
   * @param from the step of a checkpoint; 0 for the start of the run
   * @param to a later step in the history
   */
  public record Segment(long from, long to) {
    /** All steps. */
    public static final Segment ALL = new Segment(0, Long.MAX_VALUE);
  }

  /**
   * Determines the segment.
   *
   * @param from the step of a checkpoint; 0 for the start of the run
   * @param to the requested end; -1 for the last step
   * @throws InvalidSettings if the steps are not in the history
   */
  public Segment segment(long from, long to) {
    long last = to < 0 ? links.stream().mapToLong(CheckpointLink::step).max().orElse(0) : to;
    List<Long> saved = links.stream().map(CheckpointLink::step).distinct().toList();
    if (from != 0 && !checkpoints.containsKey(from)) {
      throw new InvalidSettings(
          "--from %s must be 0 or the step of a checkpoint that exists: %s",
          from, checkpoints.keySet());
    }
    if (last <= from || !saved.contains(last)) {
      throw new InvalidSettings(
          "--to %s must be a step in history.jsonl greater than %s: %s", last, from, saved);
    }
    return new Segment(from, last);
  }

  /**
   * Trains a segment again. If the history has steps at which the new training has no checkpoint,
   * because the run was interrupted there, it is trained once more with these interruptions.
   *
   * @param current the run with its present run file
   * @param scratch an empty folder
   * @param options further options of {@code train}
   */
  public RunDirectory retrain(Run current, Segment segment, Path scratch, List<String> options)
      throws IOException {
    RunDirectory again = train(current, segment, Set.of(), scratch.resolve("first"), options);
    Set<Long> missing = new TreeSet<>(expected(segment).keySet());
    missing.removeAll(byStep(CheckpointLink.read(again.history())).keySet());
    return missing.isEmpty()
        ? again
        : train(current, segment, missing, scratch.resolve("second"), options);
  }

  /** The last link of each step of a segment. */
  private Map<Long, CheckpointLink> expected(Segment segment) {
    Map<Long, CheckpointLink> expected = new TreeMap<>(lastLinks);
    expected.keySet().removeIf(step -> step <= segment.from() || step > segment.to());
    return expected;
  }

  /**
   * Compares a segment with a new training of it.
   *
   * @return a description of the first checkpoint whose parameters, optimizer state or position
   *     differ; empty if there is none
   */
  public Optional<String> difference(Segment segment, RunDirectory again) throws IOException {
    Map<Long, CheckpointLink> computed = byStep(CheckpointLink.read(again.history()));
    for (CheckpointLink link : expected(segment).values()) {
      CheckpointLink actual = computed.get(link.step());
      Map<String, Boolean> changed = new LinkedHashMap<>();
      changed.put("parameters", actual == null || !actual.parameters().equals(link.parameters()));
      changed.put(
          "optimizer state", actual == null || !actual.optimizer().equals(link.optimizer()));
      changed.put("position", !hasSamePosition(link.step(), again));
      changed.values().removeIf(differs -> !differs);
      if (!changed.isEmpty()) {
        return Optional.of(
            "step %s of the history was not reproduced: %s differ"
                .formatted(link.step(), changed.keySet()));
      }
    }
    return Optional.empty();
  }

  /** Trains a segment. */
  private RunDirectory train(
      Run current, Segment segment, Set<Long> stops, Path scratch, List<String> options)
      throws IOException {
    Files.createDirectory(scratch);
    return new Retraining(current, new RunDirectory(scratch.resolve("run")), scratch, options)
        .train(
            Optional.ofNullable(segment.from() == 0 ? null : checkpoints.get(segment.from())),
            new Retraining.End(segment.to(), this::isValidated, stops));
  }

  /** Whether the run has validated the model of a step, according to its checkpoint. */
  private boolean isValidated(long step) {
    Checkpoint checkpoint = checkpoints.get(step);
    return checkpoint != null && checkpoint.state().path("progress").path("validated").asBoolean();
  }

  private static Map<Long, CheckpointLink> byStep(List<CheckpointLink> links) {
    return links.stream().collect(Collectors.toMap(CheckpointLink::step, it -> it, (a, b) -> b));
  }

  /** Whether a checkpoint, if both runs have it, continues with the same examples. */
  private boolean hasSamePosition(long step, RunDirectory again) throws IOException {
    Checkpoint checkpoint = checkpoints.get(step);
    Path other = again.checkpoints().resolve(CheckpointStore.name(step));
    if (checkpoint != null && !Files.exists(other)) {
      unknownPositions.add(step);
    }
    return checkpoint == null
        || !Files.exists(other)
        || position(checkpoint).equals(position(Checkpoint.open(other)));
  }

  /**
   * The steps whose position in the data is not verified, because {@link #retrain} has not kept
   * their checkpoints.
   */
  public Set<Long> unknownPositions() {
    return unknownPositions;
  }

  private static List<JsonNode> position(Checkpoint checkpoint) {
    JsonNode state = checkpoint.state();
    return Stream.of("step", "epoch", "stepInEpoch", "epochLoss", "epochWeight")
        .map(state.path("progress")::path)
        .collect(
            Collectors.toCollection(
                () -> new ArrayList<>(List.of(state.path("seed"), state.path("order")))));
  }
}
