package dev.counterpoint.inference.golden;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.inference.json.InputReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The golden examples of a model folder: inputs with the outputs that the model had after training.
 * Replaying them finds a model that predicts other than it was trained: a changed tokenizer, weight
 * or signature, edited code, another library. Thread-safe.
 */
public final class GoldenExamples {
  /** The maximum number of examples. */
  public static final int COUNT = 32;

  /** A longer text of an input is cut. */
  private static final int MAX_CHARACTERS = 4_000;

  /**
   * On AVX-512, AVX2 and SSE 4.1, with one thread or two, the outputs of Transformers with 2 to 12
   * layers differ by at most 2e-6.
   */
  private static final double LEAST_TOLERANCE = 1e-4;

  /** A model whose outputs in a batch differ by more does so because it depends on the padding. */
  private static final double LARGEST_NOISE = 1e-3;

  private static final int NOISE_FACTOR = 10;

  /** Files that may change: the place of an adapter's base model, and defaults of generation. */
  private static final Set<String> NOT_COMPARED =
      Set.of(ModelFolder.GOLDEN, "adapter_config.json", "generation_config.json", "README.md");

  private final Path folder;
  private final GoldenFile file;
  private final Map<String, String> hashes;

  private GoldenExamples(Path folder, GoldenFile file, Map<String, String> hashes) {
    this.folder = folder;
    this.file = file;
    this.hashes = hashes;
  }

  /**
   * Reads the golden examples of an open model; empty if its folder has none.
   *
   * @throws InvalidSettings if the file is damaged
   */
  public static Optional<GoldenExamples> of(Pipeline pipeline) throws IOException {
    Path folder = pipeline.folder();
    Map<String, String> hashes = compared(folder);
    return GoldenFile.read(folder).map(it -> new GoldenExamples(folder, it, hashes));
  }

  /**
   * Writes the golden examples of a complete model folder, which is opened as for predictions.
   * Nothing is written for models that read images or generate text.
   *
   * @param code the user-defined code of the model
   * @param files returns the folder of an adapter's base model by path or hub name
   * @param inputs JSON objects of {@code predict --json}, of which at most {@value #COUNT} are
   *     used; if the model accepts none, random inputs are used
   */
  public static void write(
      Path folder,
      SourcePath code,
      Function<String, Path> files,
      List<? extends Map<String, ? extends @Nullable Object>> inputs)
      throws IOException {
    writeNodes(folder, code, files, inputs.stream().map(GoldenExamples::json).toList());
  }

  /**
   * Writes the golden examples of a model that was derived from another one, with the inputs of
   * that one; nothing if it has none.
   */
  public static void writeAs(
      Path original, Path folder, SourcePath code, Function<String, Path> files)
      throws IOException {
    Optional<GoldenFile> existing = GoldenFile.read(original);
    if (existing.isPresent()) {
      writeNodes(folder, code, files, existing.get().inputs());
    }
  }

  private static void writeNodes(
      Path folder, SourcePath code, Function<String, Path> files, List<ObjectNode> inputs)
      throws IOException {
    try (Pipeline pipeline = Pipeline.open(folder, code, files)) {
      if (!support(pipeline.config().data()) || pipeline.kind() == Pipeline.Kind.TEXT) {
        return;
      }
      List<ObjectNode> chosen = accepted(pipeline, inputs);
      if (chosen.isEmpty() && pipeline.kind() != Pipeline.Kind.RESULTS) {
        chosen = accepted(pipeline, SyntheticInputs.of(pipeline, 2 * COUNT));
      }
      if (chosen.isEmpty()) {
        return;
      }
      Replay replay = Replay.of(pipeline, chosen);
      double noise = replay.noise() > LARGEST_NOISE ? 0 : replay.noise();
      double tolerance = Math.max(LEAST_TOLERANCE, NOISE_FACTOR * noise);
      new GoldenFile(
              GoldenFile.VERSION,
              environment(),
              tolerance,
              compared(folder),
              hashes(code),
              replay.examples())
          .write(folder);
    }
    try {
      FolderChecksums.write(folder);
    } catch (IOException e) {
      Files.delete(folder.resolve(ModelFolder.GOLDEN)); // The earlier checksums do not list it.
      throw e;
    }
  }

  /** Whether golden examples are written for a model of data. */
  public static boolean support(DataSpec data) {
    return data.image() == null
        && data.target() != DataSpec.Target.NEXT_TOKEN
        && data.target() != DataSpec.Target.MASKED_TOKEN;
  }

  private static ObjectNode json(Map<String, ? extends @Nullable Object> input) {
    Map<String, @Nullable Object> cut = new LinkedHashMap<>(input);
    cut.replaceAll((name, value) -> value instanceof String text ? cut(text) : value);
    return Json.MAPPER.valueToTree(cut);
  }

  private static String cut(String text) {
    return text.codePointCount(0, text.length()) <= MAX_CHARACTERS
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MAX_CHARACTERS));
  }

  private static List<ObjectNode> accepted(Pipeline pipeline, List<ObjectNode> inputs) {
    InputReader reader = InputReader.of(pipeline, null);
    List<ObjectNode> accepted = new ArrayList<>();
    for (ObjectNode input : inputs) {
      try {
        reader.read("input", input);
        accepted.add(input);
      } catch (InvalidSettings e) {
        // Training accepts inputs that predictions do not, such as a missing value.
      }
    }
    return accepted.stream().distinct().limit(COUNT).toList();
  }

  /** What selects the kernels of libtorch, and the code that computes predictions. */
  private static Map<String, String> environment() {
    Map<String, String> environment = new TreeMap<>();
    Processor processor = Processor.read();
    String version = GoldenExamples.class.getPackage().getImplementationVersion();
    Engine engine = Torch.engine();
    environment.put("counterpoint", version == null ? "development" : version);
    environment.put("engine", engine.getEngineName() + " " + engine.getVersion());
    environment.put("cpu", String.valueOf(processor.model()));
    environment.put("instructionSets", String.join(" ", processor.instructionSets()));
    environment.put("processors", String.valueOf(processor.cores()));
    environment.put("threads", String.valueOf(Torch.threads()));
    environment.put("precision", "float32"); // of predictions, whatever that of training was
    for (String name : Processor.KERNEL_VARIABLES) {
      if (System.getenv(name) != null) {
        environment.put(name, System.getenv(name));
      }
    }
    return environment;
  }

  private static Map<String, String> compared(Path folder) throws IOException {
    Map<String, String> hashes = new TreeMap<>(FolderChecksums.of(folder));
    hashes.keySet().removeAll(NOT_COMPARED);
    return hashes;
  }

  private static List<String> hashes(SourcePath code) {
    return code.entries().stream().map(TrustedCode::hash).sorted().toList();
  }

  /**
   * Computes the examples again on the current thread, each alone and all in one batch.
   *
   * @param pipeline the model that was opened from the folder
   * @throws InvalidSettings if a result is not that of training: names the example, both values,
   *     and what has changed
   */
  public void check(Pipeline pipeline) {
    Map<String, String> environment = environment();
    boolean exact = environment.equals(file.environment());
    List<String> changed = changes(pipeline, environment);
    List<GoldenFile.Example> found;
    try {
      found = Replay.of(pipeline, file.inputs()).examples();
    } catch (InvalidSettings e) {
      throw refused(String.valueOf(e.getMessage()), changed);
    } catch (RuntimeException e) { // of user-defined code
      throw refused("a golden example cannot be computed (" + e + ")", changed);
    }
    for (int i = 0; i < found.size(); i++) {
      Optional<String> difference = difference(file.examples().get(i), found.get(i), exact);
      if (difference.isPresent()) {
        throw refused(
            "golden example %s of %s %s".formatted(i + 1, found.size(), difference.get()), changed);
      }
    }
    if (!hashes.equals(file.files())) {
      throw refused("the golden examples belong to other files", changed);
    }
  }

  private InvalidSettings refused(String problem, List<String> changed) {
    return new InvalidSettings(
        "The model in %s does not predict as after training: %s. Changed since: %s. If that is intended, delete its %s and write %s again.",
        folder,
        problem.replaceFirst("\\.$", ""),
        changed.isEmpty()
            ? "nothing that is recorded; the program, a library or the machine computes otherwise"
            : String.join(", ", changed),
        ModelFolder.GOLDEN,
        FolderChecksums.FILE);
  }

  private List<String> changes(Pipeline pipeline, Map<String, String> environment) {
    List<String> changes = differences(file.files(), hashes, false);
    if (!hashes(pipeline.code()).equals(file.code())) {
      changes.add("user-defined code");
    }
    changes.addAll(differences(file.environment(), environment, true));
    return changes;
  }

  private static List<String> differences(
      Map<String, String> before, Map<String, String> now, boolean withValues) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String earlier = before.getOrDefault(name, "none");
      String later = now.getOrDefault(name, "none");
      if (!earlier.equals(later)) {
        differences.add(
            withValues
                ? "%s %s (was %s)".formatted(name, Excerpt.of(later), Excerpt.of(earlier))
                : name);
      }
    }
    return differences;
  }

  private Optional<String> difference(
      GoldenFile.Example expected, GoldenFile.Example found, boolean exact) {
    for (String name : expected.encoded().keySet()) {
      Object before = expected.encoded().get(name);
      Object now = found.encoded().get(name);
      if (!Objects.equals(before, now)) {
        return Optional.of(
            "is encoded to other %s: %s instead of %s"
                .formatted(
                    name, Excerpt.of(String.valueOf(now)), Excerpt.of(String.valueOf(before))));
      }
    }
    double tolerance = exact ? 0 : file.tolerance();
    return difference(expected.alone(), found.alone(), tolerance)
        .map(it -> "has " + it)
        .or(
            () ->
                difference(expected.batch(), found.batch(), tolerance)
                    .map(it -> "has in a batch " + it))
        .or(
            () ->
                exact && !expected.prediction().equals(found.prediction())
                    ? Optional.of("has the same outputs, but another prediction")
                    : Optional.empty());
  }

  private static Optional<String> difference(
      List<Float> expected, List<Float> found, double tolerance) {
    if (expected.size() != found.size()) {
      return Optional.of("%s outputs instead of %s".formatted(found.size(), expected.size()));
    }
    double largest =
        expected.stream().mapToDouble(Math::abs).filter(Double::isFinite).reduce(1, Math::max);
    for (int i = 0; i < expected.size(); i++) {
      float before = expected.get(i);
      float now = found.get(i);
      if (Float.compare(before, now) != 0 && !(Math.abs(now - before) <= tolerance * largest)) {
        return Optional.of(
            "other outputs: output %s is %s instead of %s%s"
                .formatted(
                    i,
                    now,
                    before,
                    tolerance == 0 ? "" : " (tolerance " + tolerance * largest + ")"));
      }
    }
    return Optional.empty();
  }
}
