package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Contender: the same model in PyTorch, in a Python process that runs {@code pytorch_contender.py}.
 * Requests and answers are lines of JSON. The process does not inherit the launcher's memory
 * allocator settings and class path.
 */
final class PyTorch implements Contender {
  static final String SCRIPT = "pytorch_contender.py";

  private final Path script;
  private final Path errors;
  private final Process process;
  private final BufferedReader answers;
  private final Writer requests;
  private long peakBytes;

  /**
   * Starts the process.
   *
   * @param python the Python interpreter, with torch installed
   * @param batches the batches, used cyclically
   * @param weights a safetensors file with the initial weights; null for random weights
   * @throws InvalidSettings if the process does not start, with its output
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
    Files.writeString(script, Resource.read(PyTorch.class, SCRIPT));
    process = start(python);
    answers = process.inputReader(StandardCharsets.UTF_8);
    requests = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    handshake(python, settings(encoder, precision, Torch.threads(), batches, weights));
  }

  private Process start(Path python) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(python.toString(), script.toString());
    builder
        .environment()
        .keySet()
        .removeAll(List.of("GLIBC_TUNABLES", "THP_MEM_ALLOC_ENABLE", "CLASSPATH"));
    try {
      return builder.redirectError(errors.toFile()).start();
    } catch (IOException e) {
      delete();
      throw new InvalidSettings("--python " + python + " cannot be started: " + e.getMessage());
    }
  }

  private void handshake(Path python, ObjectNode settings) throws IOException {
    if (request(settings) == null) {
      String output = lastLine();
      close();
      throw new InvalidSettings(
          "--python %s cannot run the benchmark: %s. Specify a Python interpreter in which"
              + " \"import torch\" works.",
          python, output);
    }
  }

  /** The first request to the script: the settings of the benchmark. */
  static ObjectNode settings(
      BenchSize encoder,
      Precision precision,
      int threads,
      List<HostBatch> batches,
      @Nullable Path weights) {
    ObjectNode settings = Json.MAPPER.valueToTree(encoder.dimensions());
    settings.put("family", Row.name(encoder.dimensions().family()));
    settings.put("generates", encoder.generates());
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
    ObjectNode json = Json.MAPPER.createObjectNode();
    batch
        .tensors()
        .forEach(
            (name, tensor) -> {
              Object values = name.equals(Batch.MASK) ? tensor.floats() : tensor.longs();
              json.putObject(name)
                  .putPOJO("values", values)
                  .putPOJO("shape", tensor.shape().getShape());
            });
    return json;
  }

  /** The peak memory of the Python process in bytes, as reported in its last answer. */
  long peakBytes() {
    return peakBytes;
  }

  @Override
  public double[] train(int steps) throws IOException {
    return numbers(runSteps(steps), "seconds");
  }

  /** Runs a number of steps and returns the loss of each. */
  double[] losses(int steps) throws IOException {
    return numbers(runSteps(steps), "losses");
  }

  private JsonNode runSteps(int steps) throws IOException {
    JsonNode answer = request(Json.MAPPER.createObjectNode().put("steps", steps));
    if (answer == null) {
      throw new RunFailed("The PyTorch process ended during the benchmark: " + lastLine());
    }
    peakBytes = answer.path("peakBytes").asLong();
    return answer;
  }

  private static double[] numbers(JsonNode answer, String key) {
    return answer.path(key).valueStream().mapToDouble(JsonNode::asDouble).toArray();
  }

  /** Sends a request and returns the answer; null if the process has ended. */
  private @Nullable JsonNode request(ObjectNode request) throws IOException {
    String line = answerTo(request);
    try {
      return line == null ? null : Json.MAPPER.readTree(line);
    } catch (JacksonException e) {
      close();
      throw new RunFailed("The PyTorch process printed a line that is not valid JSON: " + line);
    }
  }

  private @Nullable String answerTo(ObjectNode request) {
    try {
      requests.write(request + "\n");
      requests.flush();
      return answers.readLine();
    } catch (IOException e) {
      return null; // broken pipe
    }
  }

  private String lastLine() throws IOException {
    List<String> lines = Files.readAllLines(errors);
    return lines.isEmpty() ? "no error output" : lines.get(lines.size() - 1);
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
