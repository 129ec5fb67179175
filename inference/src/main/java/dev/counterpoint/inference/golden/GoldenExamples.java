package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.json.InputReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The golden examples of a model folder: inputs with the outputs that the model had after training.
 * Computing them again finds a model that predicts other than it was trained: a changed tokenizer,
 * weight or signature, edited code, another library.
 */
public final class GoldenExamples {
  private static final Logger LOG = LoggerFactory.getLogger(GoldenExamples.class);

  /** The maximum number of examples. */
  public static final int COUNT = 32;

  /** Maximum length of an input, so that the file stays small. */
  private static final int MAX_CHARACTERS = 20_000;

  /**
   * Maximum difference of outputs. On AVX-512, AVX2 and SSE 4.1, with one thread or two, the
   * outputs of Transformers with 2 to 12 layers differ by at most 2e-6.
   */
  private static final double TOLERANCE = 1e-4;

  private GoldenExamples() {}

  /** The inputs of the golden examples of a model folder; empty if it has none. */
  public static List<ObjectNode> inputs(Path folder) throws IOException {
    return GoldenFile.read(folder).map(GoldenFile::inputs).orElse(List.of());
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
      Path folder, SourcePath code, Function<String, Path> files, List<ObjectNode> inputs)
      throws IOException {
    GoldenFile golden;
    try (Pipeline pipeline = Pipeline.open(folder, code, files)) {
      if (pipeline.kind() == Pipeline.Kind.TEXT || pipeline.config().data().image() != null) {
        return;
      }
      List<ObjectNode> chosen = accepted(pipeline, inputs);
      if (chosen.isEmpty() && pipeline.kind() != Pipeline.Kind.RESULTS) {
        chosen = accepted(pipeline, SyntheticInputs.of(pipeline, 2 * COUNT));
      }
      if (chosen.isEmpty()) {
        return;
      }
      golden =
          new GoldenFile(
              1, environment(), TOLERANCE, hashes(folder), Replay.examples(pipeline, chosen));
    }
    Path file = folder.resolve(ModelFolder.GOLDEN);
    AtomicFile.writeJson(file, Json.MAPPER.valueToTree(golden));
    FileAccess.makeFilePrivate(file); // It may have inputs of the data.
    try {
      FolderChecksums.write(folder);
    } catch (IOException e) {
      Files.delete(file); // The earlier checksums do not list it.
      throw e;
    }
  }

  private static List<ObjectNode> accepted(Pipeline pipeline, List<ObjectNode> inputs) {
    InputReader reader = InputReader.of(pipeline, null);
    return inputs.stream().filter(it -> accepts(reader, it)).distinct().limit(COUNT).toList();
  }

  private static boolean accepts(InputReader reader, ObjectNode input) {
    try {
      reader.read("input", input);
      return input.toString().length() <= MAX_CHARACTERS;
    } catch (InvalidSettings e) {
      return false; // Training accepts more, such as a missing value.
    }
  }

  /** What selects the kernels of libtorch, and the versions that compute predictions. */
  private static Map<String, String> environment() {
    Processor processor = Processor.read();
    String version = GoldenExamples.class.getPackage().getImplementationVersion();
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.keySet().retainAll(Processor.KERNEL_VARIABLES);
    environment.put("counterpoint", version == null ? "development" : version);
    environment.put("libtorch", Torch.engine().getVersion());
    environment.put("cpu", String.valueOf(processor.model()));
    environment.put("instructionSets", String.join(" ", processor.instructionSets()));
    environment.put("processors", String.valueOf(processor.cores()));
    environment.put("threads", String.valueOf(Torch.threads()));
    environment.put("matmul", Precision.inferenceLibrary());
    environment.put("precision", "float32"); // of predictions, whatever that of training was
    return environment;
  }

  /**
   * The hashes of all files except those with an adapter's base model and the defaults of
   * generation, which can change.
   */
  private static Map<String, String> hashes(Path folder) throws IOException {
    Map<String, String> hashes = new TreeMap<>(FolderChecksums.of(folder));
    hashes
        .keySet()
        .removeAll(Set.of(ModelFolder.GOLDEN, "adapter_config.json", "generation_config.json"));
    return hashes;
  }

  /**
   * Computes the examples of a model again on the current thread, each alone and all in one batch.
   * Logs a warning if its folder has none.
   *
   * @throws InvalidSettings if a result is not that of training: names the example, both values,
   *     and what has changed
   */
  public static void check(Pipeline pipeline) {
    try {
      Optional<GoldenFile> file = GoldenFile.read(pipeline.folder());
      if (file.isPresent()) {
        check(pipeline, file.get());
      } else {
        LOG.warn("{} has no golden examples; it was not checked.", pipeline.folder());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(Pipeline pipeline, GoldenFile file) throws IOException {
    Map<String, String> environment = environment();
    Map<String, String> hashes = hashes(pipeline.folder());
    hashes.keySet().retainAll(file.files().keySet());
    List<String> changed = new ArrayList<>(differences(file.files(), hashes));
    Optional<String> problem =
        problem(pipeline, file, environment.equals(file.environment()))
            .or(() -> changed.stream().findFirst().map(it -> "the examples are for other files"));
    changed.addAll(differences(file.environment(), environment));
    if (problem.isPresent()) {
      throw new InvalidSettings(
          "The predictions of the model in %s differ from those recorded after training: %s. Changed since: %s. If that is intended, delete %s and write %s again.",
          pipeline.folder(),
          problem.get(),
          changed.isEmpty()
              ? "the code of the model or of the program; model files and machine are the same"
              : String.join(", ", changed),
          ModelFolder.GOLDEN,
          FolderChecksums.FILE);
    }
  }

  private static List<String> differences(Map<String, String> before, Map<String, String> now) {
    return Stream.concat(before.keySet().stream(), now.keySet().stream())
        .distinct()
        .filter(it -> !Objects.equals(before.get(it), now.get(it)))
        .map(it -> it + " (" + Excerpt.ofItem(now.get(it) + ", was " + before.get(it)) + ")")
        .toList();
  }

  /** The first difference; empty if there is none. */
  private static Optional<String> problem(Pipeline pipeline, GoldenFile file, boolean exact) {
    List<GoldenFile.Example> found;
    try {
      found = Replay.examples(pipeline, file.inputs());
    } catch (RuntimeException e) { // of user-defined code, or an input is no longer accepted
      return Optional.of("a golden example cannot be computed (" + e.getMessage() + ")");
    }
    for (int i = 0; i < found.size(); i++) {
      GoldenFile.Example expected = file.examples().get(i);
      String problem = problem(expected, found.get(i), exact ? 0 : file.tolerance());
      if (!problem.isEmpty()) {
        return Optional.of(
            "golden example %s of %s has %s".formatted(i + 1, found.size(), problem));
      }
    }
    return Optional.empty();
  }

  private static String problem(
      GoldenFile.Example expected, GoldenFile.Example found, double tolerance) {
    if (!expected.ids().equals(found.ids())) {
      return "the ids %s instead of %s"
          .formatted(Excerpt.of(found.ids().toString()), Excerpt.of(expected.ids().toString()));
    }
    String problem = outputs(expected.alone(), found.alone(), tolerance);
    problem = problem.isEmpty() ? outputs(expected.batch(), found.batch(), tolerance) : problem;
    return problem.isEmpty() && tolerance == 0 && !expected.prediction().equals(found.prediction())
        ? "a different prediction for the same outputs"
        : problem;
  }

  private static String outputs(List<Float> expected, List<Float> found, double tolerance) {
    if (expected.size() != found.size()) {
      return "%s outputs instead of %s".formatted(found.size(), expected.size());
    }
    double largest =
        expected.stream().mapToDouble(Math::abs).filter(Double::isFinite).reduce(1, Math::max);
    for (int i = 0; i < expected.size(); i++) {
      double difference = Math.abs((double) found.get(i) - expected.get(i));
      if (!expected.get(i).equals(found.get(i)) && !(difference <= tolerance * largest)) {
        return "the output %s instead of %s, with the tolerance %s"
            .formatted(found.get(i), expected.get(i), tolerance * largest);
      }
    }
    return "";
  }
}
