package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.huggingface.AdapterFolder;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Model and adapter folders give the same logits and the same generated tokens here and in
 * transformers and PEFT, in both directions. The folders in {@code /peers} were recorded with
 * {@code peers.py}; the other tests run it if {@code COUNTERPOINT_PYTHON} is set to a Python with
 * torch, transformers and peft.
 */
class TransformersPeersTest {
  private static final double TOLERANCE = 1e-5;
  private static final String GOLDEN = "golden.json";
  static final String PYTHON = "COUNTERPOINT_PYTHON";
  private static final long PADDING = 0;
  private static final long[] IDS = {3, 14, 15, 9, 20, 5, 5, 21, 8, 9, 7, PADDING};
  static final long[] PROMPT = {3, 14, 15, 9, 20, 5};
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;

  @Test
  void recordedFoldersGiveTheValuesOfTransformers() throws Exception {
    assertThat(assertEqualsRecorded(script().getParent())).isGreaterThanOrEqualTo(22);
  }

  @Test
  @EnabledIfEnvironmentVariable(named = PYTHON, matches = ".+")
  void foldersOfTheInstalledTransformersGiveItsValues() throws Exception {
    python("record", temporary);

    assertThat(assertEqualsRecorded(temporary)).isGreaterThanOrEqualTo(18);
  }

  @Test
  @EnabledIfEnvironmentVariable(named = PYTHON, matches = ".+")
  void savedFoldersGiveOurValuesInTheInstalledTransformers() throws Exception {
    Map<String, ObjectNode> ours = new TreeMap<>();
    for (Path folder : folders(script().getParent())) {
      ours.put(folder.getFileName().toString(), compute(folder, temporary, true));
    }

    JsonNode theirs = JSON.readTree(python("read", temporary));

    assertThat(theirs).hasSameSizeAs(ours.keySet());
    // transformers 4 cannot open an untied BertForMaskedLM without cls.predictions.bias
    ours.entrySet().removeIf(it -> theirs.path(it.getKey()).has("error"));
    assertThat(ours).hasSizeGreaterThanOrEqualTo(theirs.size() - 1);
    ours.forEach((name, values) -> assertSame(name, values, theirs.path(name)));
  }

  private int assertEqualsRecorded(Path root) throws IOException {
    int compared = 0;
    for (Path folder : folders(root)) {
      JsonNode golden = golden(folder);
      if (!golden.has("error")) {
        assertSame(folder.getFileName().toString(), compute(folder, null, true), golden);
        compared++;
      }
    }
    return compared;
  }

  static void assertSame(String name, JsonNode actual, JsonNode expected) {
    double scale = 0;
    for (JsonNode value : expected.path("logits")) {
      scale = Math.max(scale, Math.abs(value.asDouble()));
    }
    assertThat(actual.path("logits")).as(name).hasSameSizeAs(expected.path("logits"));
    for (int i = 0; i < actual.path("logits").size(); i++) {
      double difference =
          actual.path("logits").path(i).asDouble() - expected.path("logits").path(i).asDouble();
      assertThat(Math.abs(difference)).as(name + " logit " + i).isLessThan(TOLERANCE * scale);
    }
    assertThat(actual.path("generated").toString())
        .as(name)
        .isEqualTo(expected.path("generated").toString());
  }

  /** What our model computes; it is also saved below {@code exports} unless that is null. */
  static ObjectNode compute(Path folder, Path exports, boolean generates) throws IOException {
    String auto = golden(folder).path("auto").asText();
    boolean classifies =
        auto.endsWith("SequenceClassification") || auto.endsWith("TokenClassification");
    DataSpec data =
        DataSpec.ofText(24, (int) PADDING, classifies ? List.of("a", "b", "c") : List.of());
    PretrainedConfig config = config(folder, auto).resolve(Path::of);
    try (BaseModel model = config.build(data)) {
      config.checkBase(model, Path::of);
      model.initialize(Device.cpu(), 1);
      config.loadInto(model, List.of(), Path::of);
      ObjectNode values = JSON.createObjectNode();
      values.set(
          "logits", JSON.valueToTree(new Predictor(model).predict(batch(folder, auto)).floats()));
      if (generates && model instanceof DecoderSession.Model decoder) {
        values.set("generated", generate(decoder));
      }
      if (exports != null) {
        Path export = Files.createDirectories(exports.resolve(folder.getFileName()));
        save(model, config, data, export);
        Files.copy(folder.resolve(GOLDEN), export.resolve(GOLDEN));
      }
      return values;
    }
  }

  private static void save(BaseModel model, PretrainedConfig config, DataSpec data, Path folder)
      throws IOException {
    if (config.lora() == null) {
      ModelWeights.save(model.parameters(), folder.resolve("model.safetensors"));
      Files.writeString(
          folder.resolve("config.json"), config.huggingFaceConfig(data).toPrettyString());
    } else {
      new AdapterFolder(folder)
          .save(
              model,
              config.lora(),
              new AdapterFolder.Base(
                  config.from(), null, config.task().names().peft(), config.family().transposed()));
    }
  }

  static PretrainedConfig config(Path folder, String auto) {
    String from = folder.toString();
    boolean gpt2 = folder.getFileName().toString().matches("gpt2.*|peft-(gpt2|untied)");
    return switch (auto) {
      case "AutoModelForCausalLM" -> new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, from, null);
      case "AutoModelForMaskedLM" -> new BertConfig(BertConfig.Task.LANGUAGE_MODEL, from, null);
      case "AutoModelForQuestionAnswering" ->
          new BertConfig(BertConfig.Task.QUESTION_ANSWERING, from, null);
      case "AutoModelForTokenClassification" ->
          new BertConfig(BertConfig.Task.TOKEN_CLASSIFICATION, from, null);
      default ->
          gpt2
              ? new Gpt2Config(Gpt2Config.Task.CLASSIFICATION, from, null)
              : new BertConfig(BertConfig.Task.CLASSIFICATION, from, null);
    };
  }

  static HostBatch batch(Path folder, String auto) {
    Map<String, HostTensor> tensors = new TreeMap<>();
    tensors.put(Batch.IDS, HostTensor.of(IDS, 2, 6));
    if (folder.getFileName().toString().contains("bert")) {
      float[] mask = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
      tensors.put(Batch.MASK, HostTensor.of(mask, 2, 6));
    }
    if (auto.endsWith("QuestionAnswering")) {
      long[] types = {0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1};
      tensors.put(Batch.TOKEN_TYPES, HostTensor.of(types, 2, 6));
    }
    return HostBatch.of(2, tensors);
  }

  private static JsonNode generate(DecoderSession.Model model) {
    Set<Long> stop = Set.of(23L);
    ObjectNode generated = JSON.createObjectNode();
    Map<String, GenerationSettings> all =
        Map.of(
            "greedy", GenerationSettings.greedy(12, stop),
            "beams", GenerationSettings.beams(3, 12, stop),
            "penalty", new GenerationSettings(12, false, 1, 0, 1, 1.3, 1, stop, 17));
    for (String name : List.of("greedy", "beams", "penalty")) {
      generated.set(
          name,
          JSON.valueToTree(
              new Generator(model, all.get(name), 32, Device.cpu())
                  .generate(List.of(PROMPT), (prompt, token) -> {})
                  .get(0)));
    }
    return generated;
  }

  private static JsonNode golden(Path folder) throws IOException {
    return JSON.readTree(folder.resolve(GOLDEN).toFile());
  }

  private static List<Path> folders(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries.filter(it -> Files.exists(it.resolve(GOLDEN))).sorted().toList();
    }
  }

  static Path script() throws URISyntaxException {
    return Path.of(TransformersPeersTest.class.getResource("/peers/peers.py").toURI());
  }

  static String python(String mode, Path root) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getenv(PYTHON), script().toString()));
    command.addAll(List.of(mode, root.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("HF_HUB_OFFLINE", "1");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return out;
  }
}
