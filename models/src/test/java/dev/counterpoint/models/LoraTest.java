package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.huggingface.AdapterFolder;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA adapters of Hugging Face models: trained parameters and files in PEFT's format. */
class LoraTest {
  private static final DataSpec LABELS = DataSpec.ofText(128, 0, List.of("no", "yes"));
  private static final DataSpec TOKENS = DataSpec.ofText(128, 127, List.of());
  private static final long[] IDS = {3, 14, 15, 9, 26, 5, 35, 8, 9, 7};

  @TempDir Path folder;

  private final Reference bert = new Reference("bert-tiny");
  private final Reference gpt2 = new Reference("gpt2-tiny");

  @AfterEach
  void close() {
    bert.close();
    gpt2.close();
  }

  @Test
  void newAdapterDoesNotChangeTheOutput() throws IOException {
    float[] base;
    try (BaseModel model = load(bertConfig(null), LABELS)) {
      base = logits(model);
    }
    try (BaseModel model = load(bertConfig(Lora.defaults()), LABELS)) {
      assertThat(logits(model)).containsExactly(base);
    }
    try (BaseModel model = load(gpt2Config(null), TOKENS)) {
      base = logits(model);
    }
    try (BaseModel model = load(gpt2Config(Lora.defaults()), TOKENS)) {
      assertThat(logits(model)).containsExactly(base);
    }
  }

  @Test
  void onlyUpdatesAndHeadHaveGradientsAndOptimizerState() throws IOException {
    try (BaseModel model = load(bertConfig(Lora.defaults()), LABELS);
        Gradients gradients = new Gradients(model.parameters());
        Optimizer optimizer = Optimizer.create(AdamW.of(1e-3), model.parameters(), List.of())) {
      Map<String, float[]> before = values(model);
      step(model, gradients, optimizer);

      List<String> trained =
          List.of(
              "bert.encoder.layer.0.attention.self.query.lora_A.weight",
              "bert.encoder.layer.0.attention.self.query.lora_B.weight",
              "bert.encoder.layer.0.attention.self.value.lora_A.weight",
              "bert.encoder.layer.0.attention.self.value.lora_B.weight",
              "bert.encoder.layer.1.attention.self.query.lora_A.weight",
              "bert.encoder.layer.1.attention.self.query.lora_B.weight",
              "bert.encoder.layer.1.attention.self.value.lora_A.weight",
              "bert.encoder.layer.1.attention.self.value.lora_B.weight",
              "classifier.weight",
              "classifier.bias");
      assertThat(gradients.accumulated())
          .extracting(it -> it.parameter().name())
          .containsExactlyElementsOf(trained);
      assertThat(optimizer.state().keySet())
          .allMatch(slot -> trained.contains(slot.substring(0, slot.indexOf('/'))));
      values(model)
          .forEach(
              (name, values) -> {
                if (!trained.contains(name)) {
                  assertThat(values).as(name).containsExactly(before.get(name));
                } else if (!name.endsWith("lora_A.weight")) {
                  // B is initially 0, so A has a zero gradient in the first step.
                  assertThat(values).as(name).isNotEqualTo(before.get(name));
                }
              });
    }
  }

  @Test
  void mergedModelEqualsTheAdaptedModel() throws IOException {
    for (boolean isBert : List.of(true, false)) {
      Lora all = lora(4, isBert ? List.of("query", "dense") : List.of("c_attn", "c_proj", "c_fc"));
      try (BaseModel model =
          isBert ? load(bertConfig(all), LABELS) : load(gpt2Config(all), TOKENS)) {
        float[] base = logits(model);
        train(model);
        float[] adapted = logits(model);
        Lora.merge(model);

        assertThat(distance(adapted, base)).isGreaterThan(1e-3);
        double scale = distance(adapted, new float[adapted.length]);
        assertThat(distance(logits(model), adapted)).isLessThan(1e-6 * scale);
        assertThat(model.parameters()).noneMatch(it -> it.name().contains("lora"));
      }
    }
  }

  @Test
  void bertAdapterFilesEqualThoseOfPeft() throws IOException {
    BertConfig config = bertConfig(lora(4, List.of("query", "value")));
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }

    assertThat(shapes())
        .containsOnlyKeys(
            "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight",
            "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight",
            "base_model.model.bert.encoder.layer.0.attention.self.value.lora_A.weight",
            "base_model.model.bert.encoder.layer.0.attention.self.value.lora_B.weight",
            "base_model.model.bert.encoder.layer.1.attention.self.query.lora_A.weight",
            "base_model.model.bert.encoder.layer.1.attention.self.query.lora_B.weight",
            "base_model.model.bert.encoder.layer.1.attention.self.value.lora_A.weight",
            "base_model.model.bert.encoder.layer.1.attention.self.value.lora_B.weight",
            "base_model.model.classifier.bias",
            "base_model.model.classifier.weight")
        .containsEntry(
            "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", "(4, 32)")
        .containsEntry(
            "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", "(32, 4)");
    JsonNode written = json();
    assertThat(written.path("peft_type").asText()).isEqualTo("LORA");
    assertThat(written.path("task_type").asText()).isEqualTo("SEQ_CLS");
    assertThat(written.path("r").asInt()).isEqualTo(4);
    assertThat(written.path("lora_alpha").toString()).isEqualTo("8");
    assertThat(written.path("target_modules").toString()).isEqualTo("[\"query\",\"value\"]");
    assertThat(written.path("modules_to_save").toString()).isEqualTo("[\"classifier\"]");
    assertThat(written.path("fan_in_fan_out").asBoolean()).isFalse();
    assertThat(written.path("base_model_name_or_path").asText()).isEqualTo(config.from());
  }

  @Test
  void gpt2AdapterFilesEqualThoseOfPeft() throws IOException {
    Gpt2Config config = gpt2Config(Lora.defaults());
    try (BaseModel model = load(config, TOKENS)) {
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }

    assertThat(shapes())
        .hasSize(4)
        .containsEntry("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", "(8, 32)")
        .containsEntry("base_model.model.transformer.h.0.attn.c_attn.lora_B.weight", "(96, 8)");
    assertThat(json().path("fan_in_fan_out").asBoolean()).isTrue();
    assertThat(json().path("task_type").asText()).isEqualTo("CAUSAL_LM");
    assertThat(json().path("modules_to_save").isNull()).isTrue();
  }

  @Test
  void adapterIsLoadedFromItsFolder() throws IOException {
    BertConfig config = bertConfig(lora(4, List.of("key", "value")));
    float[] expected;
    try (BaseModel model = load(config, LABELS)) {
      train(model);
      expected = logits(model);
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }

    BertConfig restored =
        new BertConfig(BertConfig.Task.CLASSIFICATION, folder.toString(), null).resolve(Path::of);

    assertThat(restored.from()).isEqualTo(config.from());
    assertThat(restored.lora().targets()).containsExactly("key", "value");
    assertThat(restored.lora().rank()).isEqualTo(4);
    assertThat(restored.lora().modulesToSave()).containsExactly("classifier");
    try (BaseModel model = load(restored, LABELS)) {
      assertThat(logits(model)).containsExactly(expected);
    }
  }

  @Test
  void adapterWithAWeightThatIsNotFiniteIsRejected() throws IOException {
    BertConfig config = bertConfig(lora(4, List.of("key", "value")));
    try (BaseModel model = load(config, LABELS)) {
      model.parameters().stream()
          .filter(Lora::isUpdate)
          .forEach(parameter -> parameter.value().addi(Float.NaN));
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }
    BertConfig restored =
        new BertConfig(BertConfig.Task.CLASSIFICATION, folder.toString(), null).resolve(Path::of);

    assertThatThrownBy(() -> load(restored, LABELS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(AdapterFolder.WEIGHTS, "not finite");
  }

  @Test
  void adapterWithAnotherRankThanConfiguredIsRejected() throws IOException {
    BertConfig config = bertConfig(lora(4, List.of("key", "value")));
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }

    assertThatThrownBy(
            () ->
                new BertConfig(
                        BertConfig.Task.CLASSIFICATION,
                        folder.toString(),
                        false,
                        null,
                        lora(2, List.of("value", "key")),
                        false)
                    .resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("model.lora.rank 2")
        .hasMessageContaining(folder + ", which has 4")
        .hasMessageNotContaining("targets");
  }

  @Test
  void anAdapterOfAnAdapterIsRejected() throws IOException {
    BertConfig config = bertConfig(lora(4, List.of("key", "value")));
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder)
          .save(
              model,
              config.lora(),
              new AdapterFolder.Base(folder.toString(), null, "SEQ_CLS", false));
    }

    assertThatThrownBy(
            () ->
                new BertConfig(
                        BertConfig.Task.CLASSIFICATION, folder.toString(), false, null, null, false)
                    .resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("which is an adapter itself");
  }

  @Test
  void unsupportedAdapterSettingsAreRejected() throws IOException {
    BertConfig config = bertConfig(Lora.defaults());
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }
    Path file = folder.resolve("adapter_config.json");
    String text = Files.readString(file);

    Files.writeString(file, text.replace("\"use_dora\" : false", "\"use_dora\" : true"));
    assertThatThrownBy(() -> new AdapterFolder(folder).lora())
        .hasMessageContaining("use_dora is true, but must be false or null");
    Files.writeString(file, text.replace("\"rank_pattern\" : { }", "\"rank_pattern\" : {\"a\":1}"));
    assertThatThrownBy(() -> new AdapterFolder(folder).lora())
        .hasMessageContaining("rank_pattern is {\"a\":1}, but must be {}");
  }

  @Test
  void adapterWithAnUnsupportedInitializationIsRejected() throws IOException {
    BertConfig config = bertConfig(Lora.defaults());
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder).save(model, config.lora(), base(config));
    }
    Path file = folder.resolve("adapter_config.json");
    String text = Files.readString(file);

    for (String supported : List.of("false", "\"gaussian\"", "null")) {
      Files.writeString(
          file,
          text.replace("\"init_lora_weights\" : true", "\"init_lora_weights\" : " + supported));
      assertThat(new AdapterFolder(folder).lora().rank()).isEqualTo(8);
    }
    Files.writeString(
        file, text.replace("\"init_lora_weights\" : true", "\"init_lora_weights\" : \"pissa\""));
    assertThatThrownBy(() -> new AdapterFolder(folder).lora())
        .hasMessageContaining("init_lora_weights is \"pissa\"")
        .hasMessageContaining("true or false or null");
  }

  @Test
  void baseModelIsResolvedWithItsRevision() throws IOException {
    BertConfig config = bertConfig(Lora.defaults());
    try (BaseModel model = load(config, LABELS)) {
      new AdapterFolder(folder)
          .save(model, config.lora(), new AdapterFolder.Base("owner/tiny", "c0ffee", null, false));
    }
    List<String> requested = new ArrayList<>();

    new BertConfig(BertConfig.Task.CLASSIFICATION, folder.toString(), null)
        .resolve(
            name -> {
              requested.add(name);
              return name.startsWith("hf:") ? bert.folder() : Path.of(name);
            });

    assertThat(requested).contains("hf:owner/tiny@c0ffee").doesNotContain("hf:owner/tiny");
  }

  @Test
  void unknownLayersAreRejectedWithTheKnownOnes() {
    assertThatThrownBy(() -> load(bertConfig(lora(4, List.of("q_proj", "value"))), LABELS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("model.lora.targets \"q_proj\"")
        .hasMessageContaining("classifier, dense, key, query, value");
    assertThatThrownBy(() -> load(bertConfig(lora(4, List.of("classifier"))), LABELS))
        .hasMessageContaining("model.lora.targets \"classifier\"")
        .hasMessageContaining("modulesToSave");
    assertThatThrownBy(() -> load(gpt2Config(lora(4, List.of("lm_head"))), TOKENS))
        .hasMessageContaining("model.lora.targets \"lm_head\"");
  }

  @Test
  void loraWithoutAPretrainedModelIsRejected() {
    assertThatThrownBy(
            () ->
                new BertConfig(
                        BertConfig.Task.CLASSIFICATION, null, false, null, Lora.defaults(), false)
                    .resolve(Path::of))
        .hasMessageContaining("model.lora")
        .hasMessageContaining("model.from");
  }

  private static Lora lora(int rank, List<String> targets) {
    return new Lora(null, rank, 8.0, targets, null, null, false);
  }

  private BertConfig bertConfig(Lora lora) throws IOException {
    return new BertConfig(
            BertConfig.Task.CLASSIFICATION, bert.folder().toString(), false, null, lora, false)
        .resolve(Path::of);
  }

  private Gpt2Config gpt2Config(Lora lora) throws IOException {
    return new Gpt2Config(
            Gpt2Config.Task.LANGUAGE_MODEL, gpt2.folder().toString(), false, null, lora, false)
        .resolve(Path::of);
  }

  private static AdapterFolder.Base base(PretrainedConfig config) {
    return new AdapterFolder.Base(
        config.from(), null, config.task().names().peft(), config.family().transposed());
  }

  private static BaseModel load(PretrainedConfig config, DataSpec data) throws IOException {
    BaseModel model = config.build(data);
    model.initialize(Device.cpu(), 1);
    config.loadInto(model, data.labels(), Path::of);
    return model;
  }

  private static float[] logits(BaseModel model) {
    return new Predictor(model).predict(batch(model)).floats();
  }

  private static double distance(float[] first, float[] second) {
    return IntStream.range(0, first.length)
        .mapToDouble(i -> Math.abs(first[i] - second[i]))
        .max()
        .orElseThrow();
  }

  private static HostBatch batch(BaseModel model) {
    boolean classifier = model.parameters().stream().anyMatch(it -> it.name().startsWith("cl"));
    HostTensor labels = classifier ? HostTensor.of(new long[] {0, 1}, 2) : HostTensor.of(IDS, 2, 5);
    return HostBatch.of(2, Map.of(Batch.IDS, HostTensor.of(IDS, 2, 5), Batch.LABELS, labels));
  }

  private static void train(BaseModel model) {
    try (Gradients gradients = new Gradients(model.parameters());
        Optimizer optimizer = Optimizer.create(AdamW.of(1e-3), model.parameters(), List.of())) {
      for (int i = 0; i < 3; i++) {
        step(model, gradients, optimizer);
      }
    }
  }

  private static void step(BaseModel model, Gradients gradients, Optimizer optimizer) {
    gradients.clear();
    try (Batch batch = new Batch(batch(model), Device.cpu());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      scope.suppressNotUsedWarning();
      LossSum loss = model.loss(model.forward(batch), batch);
      gradients.add(loss.sum());
    }
    optimizer.step(gradients, learningRate -> learningRate);
  }

  private static Map<String, float[]> values(BaseModel model) {
    Map<String, float[]> values = new TreeMap<>();
    for (Parameter parameter : model.parameters()) {
      values.put(parameter.name(), parameter.value().toFloatArray());
    }
    return values;
  }

  private Map<String, String> shapes() throws IOException {
    Map<String, String> shapes = new TreeMap<>();
    try (SafetensorsReader reader =
        SafetensorsReader.open(folder.resolve("adapter_model.safetensors"))) {
      reader.tensors().forEach((name, it) -> shapes.put(name, it.shape().toString()));
    }
    return shapes;
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
  }
}
