package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.bert.BertArchitecture;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hugging Face folders in all published forms, and damaged ones. */
class PretrainedFolderTest {
  private static final DataSpec TWO_LABELS = DataSpec.ofText(128, 0, List.of("no", "yes"));
  private static final DataSpec NO_LABELS = DataSpec.ofText(128, 127, List.of());

  @TempDir Path folder;

  private final Reference bertTiny = new Reference("bert-tiny");
  private final Reference gpt2Tiny = new Reference("gpt2-tiny");
  private final NDManager manager = Torch.newManager(Device.cpu());
  private final Map<String, NDArray> tensors = new TreeMap<>();

  @BeforeEach
  void readBert() throws IOException {
    read(bertTiny);
  }

  @AfterEach
  void close() {
    manager.close();
    bertTiny.close();
    gpt2Tiny.close();
  }

  @Test
  void folderWithoutPrefixAndWithOldNamesAndBuffersIsLoaded() throws IOException {
    rename(name -> name.replaceFirst("^bert\\.", ""));
    rename(name -> name.replace("LayerNorm.weight", "LayerNorm.gamma"));
    rename(name -> name.replace("LayerNorm.bias", "LayerNorm.beta"));
    tensors.put("embeddings.position_ids", manager.arange(64).reshape(1, 64));
    write();

    assertThat(notes(bert(), TWO_LABELS)).isEmpty();
    assertBertsLogits();
  }

  @Test
  void shardedFolderIsLoaded() throws IOException {
    writeConfig();
    TreeMap<String, NDArray> first = new TreeMap<>();
    TreeMap<String, NDArray> second = new TreeMap<>();
    tensors.forEach((name, array) -> (first.size() < 20 ? first : second).put(name, array));
    SafetensorsWriter.write(folder.resolve("model-00001-of-00002.safetensors"), first);
    SafetensorsWriter.write(folder.resolve("model-00002-of-00002.safetensors"), second);
    StringBuilder index = new StringBuilder("{\"weight_map\": {");
    first
        .keySet()
        .forEach(it -> index.append("\"" + it + "\": \"model-00001-of-00002.safetensors\","));
    second
        .keySet()
        .forEach(it -> index.append("\"" + it + "\": \"model-00002-of-00002.safetensors\","));
    index.setLength(index.length() - 1);
    Files.writeString(folder.resolve("model.safetensors.index.json"), index.append("}}"));

    assertBertsLogits();
  }

  @Test
  void missingShardIsReportedByName() throws IOException {
    writeConfig();
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a\": \"b.safetensors\"}}");

    assertRejected(bert(), "shard \"b.safetensors\"");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
  void valueThatIsNotFiniteIsReportedWithFileAndTensor(float value) throws IOException {
    NDArray bias = tensors.get("classifier.bias").duplicate();
    bias.set(new NDIndex(1), value);
    tensors.put("classifier.bias", bias);
    write();

    assertRejected(bert(), folder.resolve("model.safetensors") + ": classifier.bias");
  }

  @Test
  void missingHeadIsInitializedAndReported() throws IOException {
    tensors.keySet().removeIf(name -> name.startsWith("classifier"));
    write();

    assertThat(notes(bert(), TWO_LABELS))
        .singleElement()
        .asString()
        .contains("newly initialized: classifier.weight, classifier.bias");
  }

  @Test
  void rowsOfTheHeadAreReorderedByLabel() throws IOException {
    write();
    labels("POSITIVE", "NEGATIVE");
    LoadedHead swapped = loadHead("negative", "positive");

    assertThat(swapped.notes())
        .singleElement()
        .asString()
        .contains("POSITIVE, NEGATIVE")
        .endsWith("negative, positive");
    labels("NEGATIVE", "POSITIVE");
    LoadedHead same = loadHead("negative", "positive");
    assertThat(same.notes()).isEmpty();
    assertThat(swapped.bias()).containsExactly(same.bias()[1], same.bias()[0]);
    assertThat(swapped.logits()[0]).isEqualTo(same.logits()[1]);
  }

  @Test
  void headWithOtherOrUnknownLabelsIsLoadedByIndexAndReported() throws IOException {
    write();
    assertThat(loadHead("no", "yes").notes())
        .singleElement()
        .asString()
        .contains("id2label")
        .endsWith("no, yes");
    labels("LABEL_0", "LABEL_1");
    assertThat(loadHead("no", "yes").notes())
        .singleElement()
        .asString()
        .contains("LABEL_0, LABEL_1")
        .endsWith("no, yes");
  }

  @Test
  void tensorWithAnUnsupportedTypeIsRejectedBeforeLoading() throws IOException {
    NDArray bias = tensors.get("classifier.bias");
    tensors.put("classifier.bias", bias.toType(DataType.FLOAT64, true));
    write();
    PretrainedConfig config = bert().resolve(Path::of);
    try (BaseModel model = config.build(TWO_LABELS)) {
      model.initialize(Device.cpu(), 1);
      float[] original = model.parameters().get(0).value().toFloatArray();

      assertThatThrownBy(() -> config.loadInto(model, List.of(), Path::of))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("classifier.bias(2) has type F64")
          .hasMessageContaining("the model's classifier.bias(2)");
      assertThat(model.parameters().get(0).value().toFloatArray()).isEqualTo(original);
    }
  }

  /** The bias of a classifier's head, and its logits for the first example of the reference. */
  private record LoadedHead(List<String> notes, float[] bias, float[] logits) {}

  private LoadedHead loadHead(String... labels) throws IOException {
    PretrainedConfig config = bert().resolve(Path::of);
    DataSpec data = DataSpec.ofText(128, 0, List.of(labels));
    try (BaseModel model = config.build(data)) {
      model.initialize(Device.cpu(), 1);
      List<String> notes = config.loadInto(model, data.labels(), Path::of);
      return new LoadedHead(
          notes,
          model.parameters().get(model.parameters().size() - 1).value().toFloatArray(),
          new Predictor(model).predict(bertTiny.batch(Map.of(Batch.IDS, "in.input_ids"))).floats());
    }
  }

  private void labels(String first, String second) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = (ObjectNode) json.readTree(folder.resolve("original.json").toFile());
    config.putObject("id2label").put("0", first).put("1", second);
    json.writeValue(folder.resolve("config.json").toFile(), config);
  }

  @Test
  void headWithAnotherNumberOfLabelsIsReplacedIfConfigured() throws IOException {
    write();
    DataSpec three = DataSpec.ofText(128, 0, List.of("no", "yes", "maybe"));
    BertConfig withoutNewHead = bert().resolve(Path::of);
    BertConfig withNewHead = bertWithNewHead(folder.toString()).resolve(Path::of);

    try (BaseModel model = withoutNewHead.build(three)) {
      model.initialize(Device.cpu(), 1);
      assertThatThrownBy(() -> withoutNewHead.loadInto(model, three.labels(), Path::of))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("the model's classifier.weight(3, 32)")
          .hasMessageContaining("model.newHead");
      assertThat(withNewHead.loadInto(model, three.labels(), Path::of))
          .singleElement()
          .asString()
          .startsWith(folder.toString())
          .contains("model.newHead")
          .endsWith("newly initialized: classifier.bias, classifier.weight");
    }
  }

  @Test
  void newHeadRequiresAFolderAndATaskWithAHead() {
    assertThatThrownBy(() -> bertWithNewHead(null).resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("model.newHead requires model.from")
        .hasMessageContaining("model.from is not set");
    Gpt2Config withoutHead =
        new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, folder.toString(), true, null, null, false);
    assertThatThrownBy(() -> withoutHead.resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("LANGUAGE_MODEL has no separate head");
  }

  @Test
  void newHeadThatTheAdapterDoesNotTrainIsRejected() throws IOException {
    write();
    Lora without = new Lora(null, 2, 4.0, List.of("query"), null, List.of(), false);
    BertConfig config =
        new BertConfig(
            BertConfig.Task.CLASSIFICATION, folder.toString(), true, null, without, false);

    assertThatThrownBy(() -> config.resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("model.newHead")
        .hasMessageContaining("model.lora.modulesToSave");
  }

  private static BertConfig bertWithNewHead(@Nullable String from) {
    return new BertConfig(BertConfig.Task.CLASSIFICATION, from, true, null, null, false);
  }

  @Test
  void headsOfOtherTasksAreSkippedAndReported() throws IOException {
    tensors.put("cls.seq_relationship.weight", manager.ones(new Shape(2, 32)));
    write();

    assertThat(notes(bert(), TWO_LABELS))
        .singleElement()
        .asString()
        .contains("another task: cls.seq_relationship.weight");
  }

  @Test
  void unexpectedTensorIsRejectedByNameAndShape() throws IOException {
    tensors.put("bert.encoder.layer.2.output.dense.bias", manager.ones(new Shape(32)));
    write();

    assertRejected(bert(), "unexpected bert.encoder.layer.2.output.dense.bias(32)");
  }

  @Test
  void tensorWithAnotherShapeIsRejectedWithBothNamesAndShapes() throws IOException {
    tensors.put("classifier.weight", manager.ones(new Shape(5, 32)));
    rename(name -> name.replaceFirst("^bert\\.", ""));
    tensors.put("pooler.dense.bias", manager.ones(new Shape(31)));
    write();

    assertRejected(bert(), "classifier.weight(5, 32) does not match");
    assertRejected(bert(), "the model's classifier.weight(2, 32)");
    assertRejected(bert(), "pooler.dense.bias(31) does not match");
    assertRejected(bert(), "the model's bert.pooler.dense.bias(32)");
  }

  @Test
  void missingTensorOfTheBodyIsRejected() throws IOException {
    tensors.remove("bert.encoder.layer.1.output.dense.bias");
    write();

    assertRejected(bert(), "missing bert.encoder.layer.1.output.dense.bias(32)");
  }

  @Test
  void duplicateTensorIsRejected() throws IOException {
    tensors.put("pooler.dense.bias", manager.ones(new Shape(32)));
    write();

    assertRejected(bert(), "pooler.dense.bias(32) duplicates");
  }

  @Test
  void truncatedFileIsRejected() throws IOException {
    write();
    Path file = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 100));

    assertRejected(bert(), "model.safetensors is damaged");
  }

  @Test
  void folderOfAnotherArchitectureIsRejected() throws IOException {
    write();

    assertRejected(gpt2(), "config.json: model_type is \"bert\", but must be \"gpt2\"");
  }

  @Test
  void folderWithoutConfigOrWeightsIsRejected() throws IOException {
    assertRejected(bert(), "has no config.json");
    writeConfig();
    assertRejected(bert(), "has neither model.safetensors nor");
    Files.writeString(folder.resolve("pytorch_model.bin"), "");
    assertRejected(bert(), "pytorch_model.bin is a pickle");
  }

  @Test
  void missingFolderIsRejected() {
    assertThatThrownBy(() -> bertFrom(folder.resolve("absent")).resolve(Path::of))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(folder.resolve("absent") + " does not exist");
  }

  @Test
  void architectureThatDiffersFromTheFolderIsRejected() throws IOException {
    write();
    BertConfig config =
        new BertConfig(
            BertConfig.Task.CLASSIFICATION, folder.toString(), BertArchitecture.defaults());

    assertRejected(config, "model.architecture differs from");
  }

  @Test
  void unsupportedConfigIsRejected() throws IOException {
    write();
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"gelu\"", "\"swish_7\""));
    assertRejected(bert(), "hidden_act is \"swish_7\"");
    Files.writeString(config, text.replace("\"is_decoder\": false", "\"is_decoder\": true"));
    assertRejected(bert(), "is_decoder is true");
  }

  @Test
  void tokenizerWithTooLargeIdsIsRejected() throws IOException {
    write();
    PretrainedConfig config = bert().resolve(Path::of);

    assertThatThrownBy(() -> config.build(DataSpec.ofText(129, 0, List.of("no", "yes"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("ids up to 128")
        .hasMessageContaining("128 rows");
  }

  @Test
  void gpt2FolderWithoutPrefixAndWithBuffersIsLoaded() throws IOException {
    read(gpt2Tiny);
    rename(name -> name.replaceFirst("^transformer\\.", ""));
    tensors.put("h.0.attn.bias", manager.ones(new Shape(1, 1, 64, 64)));
    tensors.put("h.0.attn.masked_bias", manager.create(-1e4f));
    tensors.put("lm_head.weight", tensors.get("wte.weight"));
    write();

    PretrainedConfig config = gpt2().resolve(Path::of);
    try (BaseModel model = config.build(NO_LABELS)) {
      model.initialize(Device.cpu(), 1);
      assertThat(config.loadInto(model, List.of(), Path::of)).isEmpty();
      assertLogits(model, gpt2Tiny);
    }
  }

  @Test
  void writtenConfigIsReadBackUnchanged() throws IOException {
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    for (PretrainedConfig config : List.of(bert(), gpt2())) {
      Files.writeString(
          folder.resolve("config.json"), config.huggingFaceConfig(TWO_LABELS).toString());

      assertThat(config.resolve(Path::of).huggingFaceConfig(TWO_LABELS))
          .isEqualTo(config.huggingFaceConfig(TWO_LABELS));
    }
  }

  private BertConfig bert() {
    return bertFrom(folder);
  }

  private static BertConfig bertFrom(Path folder) {
    return new BertConfig(BertConfig.Task.CLASSIFICATION, folder.toString(), null);
  }

  private Gpt2Config gpt2() {
    return new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, folder.toString(), null);
  }

  private void read(Reference reference) throws IOException {
    tensors.clear();
    Files.copy(
        reference.folder().resolve("config.json"),
        folder.resolve("original.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (SafetensorsReader reader =
        SafetensorsReader.open(reference.folder().resolve("model.safetensors"))) {
      for (String name : reader.tensors().keySet()) {
        tensors.put(name, reader.load(name, manager));
      }
    }
  }

  private void rename(UnaryOperator<String> rename) {
    Map<String, NDArray> original = new TreeMap<>(tensors);
    tensors.clear();
    original.forEach((name, array) -> tensors.put(rename.apply(name), array));
  }

  private void write() throws IOException {
    writeConfig();
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
  }

  private void writeConfig() throws IOException {
    Files.copy(folder.resolve("original.json"), folder.resolve("config.json"));
  }

  private List<String> notes(PretrainedConfig config, DataSpec data) throws IOException {
    PretrainedConfig resolved = config.resolve(Path::of);
    try (BaseModel model = resolved.build(data)) {
      model.initialize(Device.cpu(), 1);
      return resolved.loadInto(model, List.of(), Path::of);
    }
  }

  private void assertBertsLogits() throws IOException {
    PretrainedConfig config = bert().resolve(Path::of);
    try (BaseModel model = config.build(TWO_LABELS)) {
      model.initialize(Device.cpu(), 1);
      config.loadInto(model, List.of(), Path::of);
      assertLogits(model, bertTiny);
    }
  }

  private static void assertLogits(BaseModel model, Reference reference) {
    assertThat(
            new Predictor(model)
                .predict(reference.batch(Map.of(Batch.IDS, "in.input_ids")))
                .floats())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(reference.get("out.ids_only.logits").toFloatArray());
  }

  private void assertRejected(PretrainedConfig config, String message) {
    assertThatThrownBy(() -> notes(config, TWO_LABELS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(message);
  }
}
