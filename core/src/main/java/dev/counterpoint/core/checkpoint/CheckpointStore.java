package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.AtomicFolders;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.TensorValues;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint directory of one run: the newest checkpoints as {@code step-00000200}, and the
 * best as {@code best}.
 *
 * <p>Saving is atomic: after a crash at any time, each name refers to a complete checkpoint or does
 * not exist. Only one process may save at a time; within it, one thread may save the best
 * checkpoint while another saves a step. Other processes may read at the same time.
 */
public final class CheckpointStore {
  private static final String BEST = "best";
  private static final Pattern STEP = Pattern.compile("step-(\\d{8,18})");
  private static final Pattern LEFTOVER = Pattern.compile("\\.(" + STEP + ")\\.(?:new|old)");
  private static final Pattern OURS = Pattern.compile("step-\\d{8,18}|" + BEST);

  private final Path directory;
  private final int keep;
  private final @Nullable Path history;
  private final Disk disk;
  private final AtomicFolders folders;

  /** The link of the checkpoint from which the run continues. */
  private volatile String previous = CheckpointLink.NONE;

  /**
   * A store in the run's {@code checkpoints} directory. The constructor does not access the disk.
   *
   * @param keep the number of newest checkpoints that are kept, at least 1
   */
  public CheckpointStore(Path directory, int keep) {
    this(directory, keep, null, new LocalDisk());
  }

  CheckpointStore(Path directory, int keep, Disk disk) {
    this(directory, keep, null, disk);
  }

  /**
   * A store with a history.
   *
   * @param history receives the {@linkplain CheckpointLink link} of each checkpoint
   */
  public CheckpointStore(Path directory, int keep, Path history) {
    this(directory, keep, history, new LocalDisk());
  }

  CheckpointStore(Path directory, int keep, @Nullable Path history, Disk disk) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep " + keep + " must be 1 or greater.");
    }
    this.directory = directory;
    this.keep = keep;
    this.history = history;
    this.disk = disk;
    this.folders = new AtomicFolders(directory, OURS, disk);
  }

  /**
   * The result of a search for an intact checkpoint.
   *
   * @param checkpoint the first intact checkpoint
   * @param skipped the damaged or incomplete checkpoints that were skipped before it: a message
   *     each, with the path
   * @param lost whether no checkpoint is intact although at least one was completely saved
   */
  public record Found(Optional<Checkpoint> checkpoint, List<String> skipped, boolean lost) {}

  /**
   * Prepares the directory for saving; call this before training. Creates the directory, removes
   * the leftovers of a crash, and checks that a checkpoint can be written.
   *
   * @param needed the size of one checkpoint's arrays in bytes
   * @throws InvalidSettings if the directory is not writable or has too little free space
   */
  public void prepare(long needed) {
    long usable;
    try {
      if (!Files.isDirectory(directory)) {
        FileAccess.createPrivateFolder(directory);
      }
      disk.force(directory.resolveSibling("."));
      folders.recover();
      checkWritable(directory.resolve(".probe"));
      usable = disk.usableSpace(directory);
    } catch (IOException e) {
      throw new InvalidSettings(
          "Checkpoints cannot be written to %s: %s. Choose another output directory.",
          directory, IoFailure.of(e));
    }
    if (usable < needed) {
      throw new InvalidSettings(
          "A checkpoint needs about %.1f MB, but %s has only %.1f MB of free space. Free some"
              + " space, or choose another output directory.",
          needed / 1e6, directory, usable / 1e6);
    }
  }

  private void checkWritable(Path probe) throws IOException {
    disk.delete(probe);
    disk.write(probe, channel -> channel.write(ByteBuffer.wrap(new byte[] {1})));
    disk.delete(probe);
  }

  /**
   * Saves a checkpoint of this step, replacing an existing one, and then deletes all but the newest
   * checkpoints. Checkpoints of later steps (left by a run that was resumed from an earlier step)
   * are kept until the run reaches those steps again.
   *
   * @param optimizer the optimizer's arrays by name
   * @param state any other state to restore; {@code step} is added
   * @throws IOException if saving fails, with the path and the reason; earlier checkpoints are
   *     unchanged
   */
  public Checkpoint save(
      long step, List<Parameter> model, Map<String, NDArray> optimizer, ObjectNode state)
      throws IOException {
    return write(
        step, TensorValues.of(ModelWeights.byName(model)), TensorValues.of(optimizer), state);
  }

  Checkpoint write(
      long step,
      Map<String, TensorValues> model,
      Map<String, TensorValues> optimizer,
      ObjectNode state)
      throws IOException {
    Checkpoint checkpoint = new Checkpoint(directory.resolve(name(step)), step, state);
    publish(
        checkpoint,
        folder -> {
          CheckpointLink link = checkpoint.write(disk, folder, model, optimizer, previous);
          if (history != null) {
            append(history, link);
          }
          previous = link.hash();
        });
    prune(step);
    return checkpoint;
  }

  /** Adds the link of a checkpoint to the history, before the checkpoint gets its name. */
  private void append(Path history, CheckpointLink link) throws IOException {
    String lines = Files.exists(history) ? Utf8File.read(history) : "";
    AtomicFile.writeText(history, lines + link.json() + "\n");
    disk.force(history.resolveSibling("."));
  }

  /**
   * Saves the best checkpoint so far, replacing the previous best. After a crash either the old or
   * the new one is complete.
   *
   * @param optimizer as in {@link #save}; empty to save only the model
   * @throws IOException if saving fails, with the path and the reason; the previous best is
   *     unchanged
   */
  public Checkpoint saveBest(
      long step, List<Parameter> model, Map<String, NDArray> optimizer, ObjectNode state)
      throws IOException {
    Checkpoint checkpoint = new Checkpoint(directory.resolve(BEST), step, state);
    SortedMap<String, TensorValues> parameters = TensorValues.of(ModelWeights.byName(model));
    SortedMap<String, TensorValues> slots = TensorValues.of(optimizer);
    publish(
        checkpoint,
        folder -> checkpoint.write(disk, folder, parameters, slots, CheckpointLink.NONE));
    return checkpoint;
  }

  private void publish(Checkpoint checkpoint, AtomicFile.Content content) throws IOException {
    try {
      folders.publish(checkpoint.directory().getFileName().toString(), content);
    } catch (IOException e) {
      throw new IOException(
          Formats.of(
              "Cannot save checkpoint %s: %s. %s",
              checkpoint.directory(),
              IoFailure.of(e),
              remaining().orElse("No intact checkpoint exists.")),
          e);
    }
  }

  /**
   * A sentence that names the newest intact checkpoint, for use in error messages. Reads the whole
   * checkpoint to verify it; empty if no checkpoint is intact.
   */
  public Optional<String> remaining() {
    try {
      return newest()
          .checkpoint()
          .map(found -> "The newest intact checkpoint is " + name(found.step()) + ".");
    } catch (IOException e) {
      return Optional.of("Earlier checkpoints cannot be read either.");
    }
  }

  private void prune(long saved) throws IOException {
    List<Long> steps =
        folders.names().stream()
            .filter(name -> STEP.matcher(name).matches())
            .map(CheckpointStore::stepOf)
            .filter(step -> step <= saved)
            .sorted(Comparator.reverseOrder())
            .toList();
    for (long step : steps.subList(Math.min(keep, steps.size()), steps.size())) {
      try {
        folders.remove(name(step));
      } catch (IOException e) {
        throw new IOException(
            Formats.of(
                "Checkpoint %s was saved, but the older %s cannot be deleted: %s.",
                directory.resolve(name(saved)), name(step), IoFailure.of(e)),
            e);
      }
    }
  }

  /** The name of the folder of a step's checkpoint. */
  public static String name(long step) {
    return Formats.of("step-%08d", step);
  }

  /**
   * Finds the newest intact checkpoint. Checkpoints are read and verified against their checksums,
   * from the newest to the oldest, until one is intact. The next checkpoint is linked to it.
   */
  public Found newest() throws IOException {
    Comparator<String> newestFirst = Comparator.comparing(name -> -stepOf(name));
    List<String> candidates =
        folders.names().stream()
            .filter(name -> stepOf(name) >= 0)
            .sorted(newestFirst.thenComparing(Comparator.reverseOrder())) // a visible folder first
            .toList();
    Found found = firstIntact(candidates);
    previous =
        found
            .checkpoint()
            .flatMap(Checkpoint::link)
            .map(CheckpointLink::hash)
            .orElse(CheckpointLink.NONE);
    return found;
  }

  /** The step of a checkpoint folder or of a crash leftover; -1 for any other name. */
  private static long stepOf(String name) {
    Matcher leftover = LEFTOVER.matcher(name);
    Matcher step = STEP.matcher(leftover.matches() ? leftover.group(1) : name);
    return step.matches() ? Long.parseLong(step.group(1)) : -1;
  }

  /** Finds the best checkpoint, or the previous best if a crash interrupted its replacement. */
  public Found best() throws IOException {
    List<String> names =
        new ArrayList<>(List.of(BEST, AtomicFolders.hidden(BEST, AtomicFolders.OLD)));
    names.retainAll(folders.names());
    return firstIntact(names);
  }

  private Found firstIntact(List<String> names) {
    List<String> skipped = new ArrayList<>();
    for (String name : names) {
      try {
        return new Found(Optional.of(openIntact(name)), List.copyOf(skipped), false);
      } catch (IOException e) {
        skipped.add(String.valueOf(e.getMessage()));
      }
    }
    boolean lost = names.stream().anyMatch(name -> !name.endsWith(AtomicFolders.NEW));
    return new Found(Optional.empty(), List.copyOf(skipped), lost);
  }

  private Checkpoint openIntact(String name) throws IOException {
    Path path = directory.resolve(name);
    if (name.endsWith(AtomicFolders.NEW)) {
      throw new DamagedFile(path, "it was not completely saved");
    }
    Checkpoint checkpoint = Checkpoint.open(path);
    if (stepOf(name) >= 0 && stepOf(name) != checkpoint.step()) {
      throw new DamagedFile(
          path, "its folder name does not match its content, step " + checkpoint.step());
    }
    return checkpoint;
  }
}
