package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands on model folders whose files were changed: configs, weights, adapters, tokenizers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelFolderFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path trained;

  @TempDir Path folder;

  private Terminal terminal = new Terminal();

  @BeforeAll
  void train() throws IOException {
    Files.writeString(trained.resolve("text.txt"), "abcdefgh".repeat(300));
    Files.writeString(
        trained.resolve("texts.tsv"),
        "text\tlabel\n" + "a good film\tgood\na bad film\tbad\n".repeat(8));
    success(
        "text-generation",
        "generator",
        "data.train.path=" + trained.resolve("text.txt"),
        "model.architecture.maxLength=24",
        "training.epochs=2");
    success("sentiment-bert", "classifier", "data.train.path=" + trained.resolve("texts.tsv"));
    success(
        "sentiment-bert",
        "adapter",
        "data.train.path=" + trained.resolve("texts.tsv"),
        "model.from=" + trained.resolve("classifier/model"),
        "model.lora.rank=2");
  }

  @BeforeEach
  void newTerminal() throws IOException {
    terminal = new Terminal();
    try (Stream<Path> files = Files.walk(trained)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(trained.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"max_new_tokens\": 3} | abcdef",
        "{\"max_new_tokens\": 3, \"num_beams\": 2} | abcdef",
        "{\"max_length\": 5} | abcde",
        "{\"do_sample\": true, \"top_k\": 1, \"max_new_tokens\": 2} | abcde",
        "{\"max_new_tokens\": 2, \"temperature\": 0.1, \"typical_p\": 0.5} | abcde"
      })
  void generationConfigOfTheFolderIsTheDefault(String content, String text) throws IOException {
    Files.writeString(folder.resolve("generator/model/generation_config.json"), content);

    assertThat(run("generate", "generator", "--prompt", "abc")).as(terminal.err()).isZero();
    assertThat(terminal.out()).isEqualTo(text + "\n");
  }

  @Test
  void optionsReplaceTheGenerationConfig() throws IOException {
    Files.writeString(
        folder.resolve("generator/model/generation_config.json"),
        "{\"max_new_tokens\": 3, \"my_key\": 1}");

    run("generate", "generator", "--prompt", "abc", "--max-tokens", "1");
    assertThat(terminal.out()).isEqualTo("abcd\n");
    assertThat(terminal.err()).contains("my_key");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"no_repeat_ngram_size\": 2",
        "\"suppress_tokens\": [1]",
        "\"max_new_tokens\": -1",
        "\"num_beams\": \"3\"",
        "\"repetition_penalty\": 0"
      })
  void unsupportedGenerationConfigIsRejectedWithFileAndKey(String entry) throws IOException {
    Path file = folder.resolve("generator/model/generation_config.json");
    Files.writeString(file, "{" + entry + "}");

    assertThat(run("generate", "generator", "--prompt", "abc")).isEqualTo(2);
    assertThat(terminal.err()).contains(file.toString(), entry.split("\"")[1]);
    assertThat(terminal.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "--temperature, 1e-310",
    "--temperature, NaN",
    "--top-p, 0",
    "--repetition-penalty, 1e308",
    "--repetition-penalty, 1e-308"
  })
  void numbersWithoutAUsefulResultAreRejected(String option, String value) {
    assertThat(run("generate", "generator", "--prompt", "abc", option, value)).isEqualTo(2);
    assertThat(terminal.err()).contains(option);
  }

  @Test
  void conflictOfOptionsIsNotThatOfTheFile() throws IOException {
    Files.writeString(folder.resolve("generator/model/generation_config.json"), "{\"top_k\": 4}");

    assertThat(run("generate", "generator", "--prompt", "a", "--beams", "3", "--top-p", "0.5"))
        .isEqualTo(2);
    assertThat(terminal.err()).doesNotContain("generation_config.json");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void weightsThatAreNotFiniteAreAnError(float value) throws IOException {
    overwrite(folder.resolve("generator/model/model.safetensors"), "transformer.ln_f.bias", value);
    overwrite(folder.resolve("classifier/model/model.safetensors"), "classifier.bias", value);

    assertThat(run("generate", "generator", "--prompt", "abc")).isPositive();
    assertThat(run("generate", "generator", "--prompt", "abc", "--beams", "2")).isPositive();
    assertThat(run("predict", "classifier", "--text", "a good film")).isPositive();
    assertThat(run("evaluate", "classifier", "--split", "train")).isPositive();
    assertThat(terminal.out()).isEmpty();
    assertThat(terminal.err()).contains("not finite");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hidden_act | \"relu\"",
        "num_attention_heads | 1",
        "model_type | \"roberta\"",
        "problem_type | \"regression\"",
        "id2label | {\"0\": \"good\", \"1\": \"bad\"}"
      })
  void configThatContradictsTheModelIsRejected(String key, String value) throws IOException {
    edit("classifier/model/config.json", it -> it.set(key, json(value)));

    assertThat(run("predict", "classifier", "--text", "a good film")).isEqualTo(2);
    assertThat(terminal.err()).contains("config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "problem_type | \"multi_label_classification\"",
        "is_decoder | \"false\"",
        "position_embedding_type | \"relative_key\"",
        "pruned_heads | {\"0\": [1]}",
        "quantization_config | {\"bits\": 4}",
        "auto_map | {\"AutoModel\": \"x.Y\"}",
        "num_attention_heads | null",
        "hidden_dropout_prob | 1.5",
        "use_cache | \"x\"",
        "num_labels | \"2\"",
        "label2id | [1]"
      })
  void unsupportedModelConfigIsRejectedWithFileAndKey(String key, String value) throws IOException {
    edit("classifier/model/config.json", it -> it.set(key, json(value)));

    assertThat(fineTune("classifier/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("config.json: " + key + " is ");
    assertThat(folder.resolve("tuned")).doesNotExist();
  }

  @Test
  void unknownKeyOfTheModelConfigIsNamed() throws IOException {
    edit("classifier/model/config.json", it -> it.put("my_key", 3));

    assertThat(fineTune("classifier/model")).as(terminal.err()).isZero();
    assertThat(terminal.err()).contains("config.json: unknown keys were ignored: my_key");
  }

  @Test
  void labelsThatAreNotNumberedFromZeroAreRejected() throws IOException {
    edit(
        "classifier/model/config.json",
        it -> it.set("id2label", json("{\"1\": \"good\", \"2\": \"bad\"}")));

    assertThat(fineTune("classifier/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("config.json: id2label", "index from 0");
  }

  @Test
  void anotherNumberOfLabelsThanRowsOfTheHeadIsRejected() throws IOException {
    edit(
        "classifier/model/config.json",
        it -> it.set("id2label", json("{\"0\": \"good\", \"1\": \"bad\", \"2\": \"so\"}")));

    assertThat(fineTune("classifier/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("config.json has 3 labels", "2 rows");
  }

  @Test
  void sizeThatTheWeightsDoNotHaveIsRejectedWithoutAllocatingIt() throws IOException {
    edit("classifier/model/config.json", it -> it.put("vocab_size", 120_000_000));

    assertThat(fineTune("classifier/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("(120000000, 16)");
  }

  @ParameterizedTest
  @CsvSource({
    "classifier/model/config.json, /vocab_size, /counterpoint/data/vocabularySize",
    "generator/model/config.json, /vocab_size, /counterpoint/data/vocabularySize",
    "adapter/model/counterpoint.json, , /counterpoint/model/lora/rank"
  })
  void sizeOfATrainedModelThatTheWeightsDoNotHaveIsRejectedWithoutAllocatingIt(
      String file, @Nullable String first, String second) throws IOException {
    edit(
        file,
        it ->
            Stream.of(first, second)
                .filter(Objects::nonNull)
                .map(JsonPointer::compile)
                .forEach(
                    key ->
                        ((ObjectNode) it.at(key.head()))
                            .put(key.last().getMatchingProperty(), 20_000_000)));

    assertThat(run("predict", file.substring(0, file.indexOf('/')), "--text", "a")).isEqualTo(2);
    assertThat(terminal.err()).contains("safetensors", "(20000000, ");
  }

  @Test
  void tokenizerWithLargerIdsThanTheModelIsRejected() throws IOException {
    edit(
        "classifier/model/tokenizer.json",
        it -> ((ObjectNode) it.at("/model/vocab")).put("film", 900));

    assertThat(run("predict", "classifier", "--text", "a good film")).isEqualTo(2);
    assertThat(terminal.err()).contains("tokenizer.json", "900");
  }

  @Test
  void adapterFolderHasNoConfigOfACompleteModel() {
    assertThat(folder.resolve("adapter/model/config.json")).doesNotExist();
    assertThat(folder.resolve("adapter/model/counterpoint.json")).exists();
    assertThat(run("predict", "adapter", "--text", "a good film")).as(terminal.err()).isZero();
  }

  @Test
  void baseModelIsFoundBesideTheAdapter() throws IOException {
    base("../../classifier/model");

    assertThat(fineTune("adapter/model")).as(terminal.err()).isZero();
    assertThat(folder.resolve("tuned/run.yaml"))
        .content()
        .contains(folder.resolve("classifier/model").toString());
  }

  @Test
  void predictUsesTheBaseModelThatTheAdapterNames() throws IOException {
    base("../../classifier/model");
    assertThat(run("predict", "adapter", "--text", "a good film")).as(terminal.err()).isZero();

    base("../../gone/model");
    assertThat(run("predict", "adapter", "--text", "a good film")).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"B", "/nowhere/base", "../gone", "a/b/c", "C:\\base"})
  void pathOfABaseModelIsNoNameOnTheHub(String name) throws IOException {
    base(name);

    assertThat(fineTune("adapter/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("adapter_config.json: base_model_name_or_path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alora_invocation_tokens | [1]",
        "use_qalora | true",
        "use_rslora | true",
        "lora_alpha | \"16\"",
        "modules_to_save | \"classifier\"",
        "exclude_modules | [\"query\"]",
        "my_key | 3"
      })
  void unsupportedAdapterConfigIsRejectedWithFileAndKey(String key, String value)
      throws IOException {
    edit("adapter/model/adapter_config.json", it -> it.set(key, json(value)));

    assertThat(fineTune("adapter/model")).isEqualTo(2);
    assertThat(terminal.err()).contains("adapter_config.json: ", key);
  }

  @Test
  void tokenizerOfTheAdapterIsUsed() throws IOException {
    Path own = folder.resolve("adapter/model/tokenizer.json");
    Files.writeString(own, Files.readString(own).replace("\"film\"", "\"movie\""));
    byte[] expected = Files.readAllBytes(own);

    assertThat(fineTune("adapter/model")).as(terminal.err()).isZero();
    assertThat(folder.resolve("tuned/model/tokenizer.json")).hasBinaryContent(expected);
  }

  @Test
  void adapterCannotTrainATableThatTheHeadShares() {
    assertThat(
            run(
                "train",
                "text-generation",
                "--set",
                "model.from=" + folder.resolve("generator/model"),
                "--set",
                "model.lora.modulesToSave=[wte]"))
        .isEqualTo(2);
    assertThat(terminal.err()).contains("transformer.wte.weight", "lm_head.weight");
  }

  @ParameterizedTest
  @CsvSource({
    "bert, language-model, text-generation, text.txt",
    "bert, question-answering, text-classification, texts.tsv",
    "bert, token-classification, text-classification, texts.tsv",
    "gpt2, language-model, text-classification, texts.tsv",
    "transformer, language-model, text-classification, texts.tsv"
  })
  void modelThatDoesNotFitTheDataIsRejected(String type, String task, String data, String file)
      throws IOException {
    Path run =
        Files.writeString(
            folder.resolve("run.yaml"),
            "name: a\nmodel: {type: %s, task: %s}\ndata: {type: %s, train: {path: %s}}\n"
                .formatted(type, task, data, file));

    assertThat(run("train", run.toString(), "--output", folder.resolve("x").toString()))
        .isEqualTo(2);
    assertThat(terminal.err()).contains("model.task " + task);
    assertThat(folder.resolve("x")).doesNotExist();
  }

  /** The tests change files on purpose. */
  private void renewChecksums() {
    try {
      for (String name : List.of("generator", "classifier", "adapter")) {
        FolderChecksums.write(folder.resolve(name).resolve("model"));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private int fineTune(String from) {
    renewChecksums();
    return terminal.run(
        arguments(
            "sentiment-bert",
            folder.resolve("tuned"),
            "data.train.path=" + folder.resolve("texts.tsv"),
            "model.from=" + folder.resolve(from)));
  }

  private void base(String name) throws IOException {
    edit("adapter/model/adapter_config.json", it -> it.put("base_model_name_or_path", name));
  }

  private void edit(String file, Consumer<ObjectNode> change) throws IOException {
    Path path = folder.resolve(file);
    ObjectNode content = (ObjectNode) JSON.readTree(path.toFile());
    change.accept(content);
    JSON.writeValue(path.toFile(), content);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 7, 5_000})
  void truncatedWeightsAreAnInvalidRequest(long size) throws IOException {
    Path weights = folder.resolve("classifier/model/model.safetensors");
    if (size < 0) {
      Files.delete(weights);
    } else {
      try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
        file.setLength(size);
      }
    }

    assertThat(run("predict", "classifier", "--text", "good")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).containsOnlyOnce(weights.toString());
  }

  @Test
  void theTokenizerOfAnotherModelIsRefused() throws IOException {
    Path file = folder.resolve("classifier/model/tokenizer.json");
    Files.copy(
        folder.resolve("generator/model/tokenizer.json"),
        file,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);

    assertThat(run("predict", "classifier", "--text", "good")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(file.toString());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Replaces the first value of a tensor. */
  private static void overwrite(Path file, String tensor, float value) throws IOException {
    try (RandomAccessFile weights = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] start = new byte[8];
      weights.readFully(start);
      int length = (int) ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
      byte[] header = new byte[length];
      weights.readFully(header);
      weights.seek(
          8 + length + JSON.readTree(header).path(tensor).path("data_offsets").path(0).asLong());
      weights.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }
  }

  private int run(String command, String name, String... rest) {
    renewChecksums();
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.add(Files.isDirectory(folder.resolve(name)) ? folder.resolve(name).toString() : name);
    arguments.addAll(List.of(rest));
    return terminal.run(arguments.toArray(String[]::new));
  }

  private static void success(String experiment, String name, String... sets) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments(experiment, trained.resolve(name), sets)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  private static String[] arguments(String experiment, Path output, String... sets) {
    List<String> all = new ArrayList<>(List.of("data.validation=null", "training.batchSize=8"));
    if (Stream.of(sets).noneMatch(it -> it.startsWith("model.from"))) {
      all.addAll(
          List.of(
              "model.architecture.width=16",
              "model.architecture.layers=1",
              "model.architecture.heads=2"));
    }
    if (experiment.equals("sentiment-bert")) {
      all.addAll(List.of("data.test=null", "training.epochs=1"));
    } else {
      all.add("training.optimizer.learningRate=1e-2");
    }
    all.addAll(List.of(sets));
    List<String> arguments = new ArrayList<>(List.of("train", experiment));
    all.forEach(set -> arguments.addAll(List.of("--set", set)));
    arguments.addAll(List.of("--output", output.toString()));
    return arguments.toArray(String[]::new);
  }
}
