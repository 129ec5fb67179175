package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.TensorValues;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFolders;
import dev.counterpoint.core.storage.DamagedFile;
import dev.counterpoint.core.storage.Disk;
import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.core.storage.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The checkpoints of one run: the newest ones as {@code step-00000200}, and the best as {@code
 * best}. Each is whole or absent under its name, wherever a crash falls. One process saves at a
 * time, the best and a newest in two threads if it likes; others may read meanwhile.
 */
public final class CheckpointStore {
  private static final String BEST = "best";
  private static final Pattern STEP = Pattern.compile("step-(\\d{8,18})");
  private static final Pattern LEFTOVER = Pattern.compile("\\.(" + STEP + ")\\.(?:new|old)");
  private static final Pattern OURS = Pattern.compile("step-\\d{8,18}|" + BEST);

  private final Path directory;
  private final int keep;
  private final Disk disk;
  private final AtomicFolders folders;

  /**
   * A store in the run's {@code checkpoints} directory; nothing is read or written yet.
   *
   * @param keep how many of the newest are kept
   */
  public CheckpointStore(Path directory, int keep) {
    this(directory, keep, new LocalDisk());
  }

  CheckpointStore(Path directory, int keep, Disk disk) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep " + keep + " must be 1 or greater.");
    }
    this.directory = directory;
    this.keep = keep;
    this.disk = disk;
    this.folders = new AtomicFolders(directory, OURS, disk);
  }

  /**
   * What a search came to.
   *
   * @param checkpoint the first whole one
   * @param passedOver what was damaged or half-written before it: a sentence each, with its path
   * @param lost whether none is whole, and one that was is no more
   */
  public record Found(Optional<Checkpoint> checkpoint, List<String> passedOver, boolean lost) {}

  /**
   * To be called before training: makes the directory, clears away what a crash left, and sees to
   * it that a checkpoint can be written.
   *
   * @param needed bytes of the arrays of one checkpoint
   * @throws InvalidSettings where the directory cannot be written, or has no room for a checkpoint
   */
  public void prepare(long needed) {
    long room;
    try {
      Files.createDirectories(directory);
      disk.force(directory.resolveSibling("."));
      folders.recover();
      tryWriting(directory.resolve(".probe"));
      room = disk.room(directory);
    } catch (IOException e) {
      throw new InvalidSettings(
          "Checkpoints cannot be written to "
              + directory
              + ": "
              + IoFailure.of(e)
              + ". Choose another output directory.");
    }
    if (room < needed) {
      throw new InvalidSettings(
          String.format(
              Locale.ROOT,
              "A checkpoint needs about %.1f MB, but %s has room for %.1f MB. Make room, or choose"
                  + " another output directory.",
              needed / 1e6,
              directory,
              room / 1e6));
    }
  }

  private void tryWriting(Path probe) throws IOException {
    disk.delete(probe);
    disk.write(probe, channel -> channel.write(ByteBuffer.wrap(new byte[] {1})));
    disk.delete(probe);
  }

  /**
   * Saves a checkpoint of this step, in the place of one that is there, and then removes all but
   * the newest. Those of later steps, which a resumed run has passed over, stay until the run comes
   * there.
   *
   * @param optimizer the optimizer's arrays by name
   * @param state whatever else is to be found again; {@code step} is added
   * @throws IOException naming the path and what failed; earlier checkpoints are as they were
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
    Checkpoint saved = publish(name(step), step, model, optimizer, state);
    prune(step);
    return saved;
  }

  /**
   * Saves the checkpoint that is the best so far in the place of the one before. A crash leaves the
   * one or the other whole.
   *
   * @param optimizer as in {@link #save}; empty where only the model is wanted
   * @throws IOException naming the path and what failed; the best before is as it was
   */
  public Checkpoint saveBest(
      long step, List<Parameter> model, Map<String, NDArray> optimizer, ObjectNode state)
      throws IOException {
    return publish(
        BEST, step, TensorValues.of(ModelWeights.byName(model)), TensorValues.of(optimizer), state);
  }

  private Checkpoint publish(
      String name,
      long step,
      Map<String, TensorValues> model,
      Map<String, TensorValues> optimizer,
      ObjectNode state)
      throws IOException {
    Checkpoint checkpoint = new Checkpoint(directory.resolve(name), step, state);
    try {
      folders.publish(name, folder -> checkpoint.write(disk, folder, model, optimizer));
    } catch (IOException e) {
      throw new IOException(
          "Cannot save checkpoint "
              + directory.resolve(name)
              + ": "
              + IoFailure.of(e)
              + ". "
              + remaining().orElse("There is no earlier checkpoint."),
          e);
    }
    return checkpoint;
  }

  /**
   * A sentence about the newest whole checkpoint, for a message about what has failed. All of it is
   * read.
   */
  public Optional<String> remaining() {
    try {
      return newest()
          .checkpoint()
          .map(found -> "The last whole checkpoint, " + name(found.step()) + ", remains.");
    } catch (IOException e) {
      return Optional.of("No earlier checkpoint can be read there either.");
    }
  }

  private void prune(long saved) throws IOException {
    List<Long> steps = steps(step -> step <= saved);
    for (long step : steps.subList(Math.min(keep, steps.size()), steps.size())) {
      try {
        folders.remove(name(step));
      } catch (IOException e) {
        throw new IOException(
            "Checkpoint "
                + directory.resolve(name(saved))
                + " is saved, but the old "
                + name(step)
                + " cannot be removed: "
                + IoFailure.of(e)
                + ".",
            e);
      }
    }
  }

  /** The steps of the checkpoints, newest first. */
  private List<Long> steps(LongPredicate wanted) throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String name : folders.names()) {
      Matcher matcher = STEP.matcher(name);
      if (matcher.matches() && wanted.test(Long.parseLong(matcher.group(1)))) {
        steps.add(Long.parseLong(matcher.group(1)));
      }
    }
    steps.sort(Comparator.reverseOrder());
    return steps;
  }

  private static String name(long step) {
    return String.format(Locale.ROOT, "step-%08d", step);
  }

  /**
   * The newest whole checkpoint. One after the other is read and compared with its checksums, from
   * the newest on, until one is whole.
   */
  public Found newest() throws IOException {
    TreeSet<String> visibleFirst = new TreeSet<>(Comparator.reverseOrder());
    visibleFirst.addAll(folders.names());
    List<String> candidates = new ArrayList<>();
    for (String name : visibleFirst) {
      if (stepOf(name) >= 0) {
        candidates.add(name);
      }
    }
    candidates.sort(Comparator.comparing(name -> -stepOf(name)));
    return firstWhole(candidates);
  }

  /** The step of a checkpoint, or of what a crash left of one; -1 of anything else. */
  private static long stepOf(String name) {
    Matcher leftover = LEFTOVER.matcher(name);
    Matcher step = STEP.matcher(leftover.matches() ? leftover.group(1) : name);
    return step.matches() ? Long.parseLong(step.group(1)) : -1;
  }

  /** The best checkpoint, or the best before it where a crash came between. */
  public Found best() throws IOException {
    List<String> names =
        new ArrayList<>(List.of(BEST, AtomicFolders.hidden(BEST, AtomicFolders.OLD)));
    names.retainAll(folders.names());
    return firstWhole(names);
  }

  private Found firstWhole(List<String> names) {
    List<String> passedOver = new ArrayList<>();
    for (String name : names) {
      try {
        return new Found(Optional.of(openFinished(name)), List.copyOf(passedOver), false);
      } catch (IOException e) {
        passedOver.add(String.valueOf(e.getMessage()));
      }
    }
    boolean lost = names.stream().anyMatch(name -> !name.endsWith(AtomicFolders.NEW));
    return new Found(Optional.empty(), List.copyOf(passedOver), lost);
  }

  private Checkpoint openFinished(String name) throws IOException {
    Path path = directory.resolve(name);
    if (name.endsWith(AtomicFolders.NEW)) {
      throw new DamagedFile(path, "its saving was never finished");
    }
    Checkpoint checkpoint = Checkpoint.open(path);
    if (stepOf(name) >= 0 && stepOf(name) != checkpoint.step()) {
      throw new DamagedFile(path, "it is of step " + checkpoint.step());
    }
    return checkpoint;
  }
}
