package dev.counterpoint.runner.bench;

import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The same model in PyTorch, in a process of its own: {@code pytorch_contender.py} beside this
 * class, which is told in lines of JSON how many steps to take. The process has neither the memory
 * settings nor the class path of the launcher.
 */
final class PyTorch implements Contender {
  static final String SCRIPT = "pytorch_contender.py";
  private static final JsonMapper JSON = new JsonMapper();

  private final Path script;
  private final Path errors;
  private final Process process;
  private final BufferedReader answers;
  private final Writer requests;
  private final String version;
  private long peakBytes;

  /**
   * Starts it.
   *
   * @param python the interpreter; torch is installed there
   * @param batches that are taken in turns
   * @param weights a safetensors file to start from, or null for random ones
   * @throws InvalidSettings where it does not start, with what it said
   */
  PyTorch(
      Path python,
      BenchSize encoder,
      Precision precision,
      List<HostBatch> batches,
      @Nullable Path weights)
      throws IOException {
    script = Files.createTempFile("pytorch_contender", ".py");
    errors = Files.createTempFile("pytorch_contender", ".log");
    try (InputStream text = PyTorch.class.getResourceAsStream(SCRIPT)) {
      Files.write(script, Objects.requireNonNull(text).readAllBytes());
    }
    process = start(python);
    answers = process.inputReader(StandardCharsets.UTF_8);
    requests = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    version =
        hello(python, settings(encoder, precision, JniUtils.getNumThreads(), batches, weights));
  }

  private Process start(Path python) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(python.toString(), script.toString());
    builder.environment().keySet().removeAll(List.of("GLIBC_TUNABLES", "CLASSPATH"));
    try {
      return builder.redirectError(errors.toFile()).start();
    } catch (IOException e) {
      delete();
      throw new InvalidSettings("--python " + python + " cannot be started: " + e.getMessage());
    }
  }

  private String hello(Path python, ObjectNode settings) throws IOException {
    JsonNode answer = ask(settings);
    if (answer == null) {
      String said = lastLine();
      close();
      throw new InvalidSettings(
          "--python "
              + python
              + " does not run the benchmark: "
              + said
              + ". Name a Python in which \"import torch\" works.");
    }
    return answer.path("torch").asText();
  }

  /** What the script is told first. */
  static ObjectNode settings(
      BenchSize encoder,
      Precision precision,
      int threads,
      List<HostBatch> batches,
      @Nullable Path weights) {
    ObjectNode settings = JSON.createObjectNode();
    settings.put("family", Row.name(encoder.family()));
    settings.put("generates", encoder.generates());
    settings.put("width", encoder.width());
    settings.put("layers", encoder.layers());
    settings.put("heads", encoder.heads());
    settings.put("tokens", encoder.tokens());
    settings.put("vocabulary", encoder.vocabulary());
    settings.put("classes", BenchSize.CLASSES);
    settings.put("threads", threads);
    settings.put("learningRate", Bench.LEARNING_RATE);
    settings.put("precision", precision == Precision.BFLOAT16 ? "bfloat16" : "float32");
    if (weights != null) {
      settings.put("weights", weights.toString());
    }
    ArrayNode arrays = settings.putArray("batches");
    batches.forEach(batch -> arrays.add(batch(batch)));
    return settings;
  }

  private static ObjectNode batch(HostBatch batch) {
    ObjectNode json = JSON.createObjectNode();
    batch
        .tensors()
        .forEach(
            (name, tensor) ->
                json.putObject(name)
                    .<ObjectNode>set("shape", JSON.valueToTree(tensor.shape().getShape()))
                    .set(
                        "values",
                        JSON.valueToTree(
                            name.equals(Batch.MASK) ? tensor.floats() : tensor.longs())));
    return json;
  }

  /** The version of PyTorch, as {@code 2.7.1+cpu}. */
  String version() {
    return version;
  }

  /** The most memory that its process has held, as far as it has said. */
  long peakBytes() {
    return peakBytes;
  }

  @Override
  public double[] train(int steps) throws IOException {
    return numbers(take(steps), "seconds");
  }

  /** Trains for some steps, and returns the loss of each. */
  double[] losses(int steps) throws IOException {
    return numbers(take(steps), "losses");
  }

  private JsonNode take(int steps) throws IOException {
    JsonNode answer = ask(JSON.createObjectNode().put("steps", steps));
    if (answer == null) {
      throw new RunFailed("PyTorch ended in the middle of the benchmark: " + lastLine());
    }
    peakBytes = answer.path("peakBytes").asLong();
    return answer;
  }

  private static double[] numbers(JsonNode answer, String key) {
    return answer.path(key).valueStream().mapToDouble(JsonNode::asDouble).toArray();
  }

  /** Null where the process has ended. */
  private @Nullable JsonNode ask(ObjectNode request) throws IOException {
    try {
      requests.write(request + "\n");
      requests.flush();
      String line = answers.readLine();
      return line == null ? null : JSON.readTree(line);
    } catch (IOException e) {
      return null; // a broken pipe
    }
  }

  private String lastLine() throws IOException {
    List<String> lines = Files.readAllLines(errors);
    return lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1);
  }

  @Override
  public void close() {
    process.destroy();
    delete();
  }

  private void delete() {
    script.toFile().delete();
    errors.toFile().delete();
  }
}
