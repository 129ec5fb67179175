package dev.counterpoint.tasks.questionanswering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuestionAnsweringTest {
  private static final String SHORT = "The town has a red bridge and a blue door.";

  @TempDir Path folder;

  @Test
  void labelsAreTheFirstAndLastTokenOfTheAnswer() throws IOException {
    HostBatch batch = all(open(squad(SHORT, "red bridge"), 64, 8).train());

    // [CLS] which bridge ? [SEP] the town has a red bridge ...
    assertThat(batch.tensors().get(Batch.LABELS).longs()).containsExactly(9, 10);
    assertThat(batch.tensors().get(Batch.TOKEN_TYPES).longs())
        .startsWith(0, 0, 0, 0, 0, 1, 1)
        .endsWith(1);
  }

  @Test
  void findsTheContextIfBothTextsHaveTheSameTokenType() throws IOException {
    ObjectNode tokenizer = tokenizer(SHORT, "Which bridge?");
    ArrayNode pair = (ArrayNode) tokenizer.at("/post_processor/pair");
    // As for RoBERTa: two separators between the texts, and one token type.
    pair.insert(3, pair.get(2).deepCopy());
    pair.forEach(part -> part.forEach(entry -> ((ObjectNode) entry).put("type_id", 0)));

    Dataset train = open(squad(SHORT.repeat(9), "red bridge"), tokenizer).train();
    HostBatch batch = all(train);

    // [CLS] which bridge ? [SEP] [SEP] the town has a red bridge ...
    assertThat(batch.tensors().get(Batch.LABELS).longs()).startsWith(10, 11);
    assertThat(batch.tensors().get(Batch.TOKEN_TYPES).longs()).containsOnly(0);
    assertThat(train.size()).isGreaterThan(3);
    for (int i = 0; i < train.size(); i++) {
      Window window = ((QuestionSet.Split) train).window(i);
      assertThat(window.starts()).as("window %s", i).hasSize(window.ids().length - 7);
    }
  }

  /** The library distinguishes the post-processors of a file by their keys. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2], 'type': 'BertProcessing'; 5; 3; 1",
        "'sep': ['[SEP]', 3], 'cls': ['[CLS]', 2], 'type': 'RobertaProcessing',"
            + " 'trim_offsets': false, 'add_prefix_space': false; 6; 4; 0",
        "'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': false; 3; 0; 1"
      })
  void findsTheContextWithAnyPostProcessor(
      String processor, int contextFrom, int special, int contextType) throws IOException {
    ObjectNode tokenizer = tokenizer(SHORT, "Which bridge?");
    tokenizer.set(
        "post_processor", new ObjectMapper().readTree("{" + processor.replace('\'', '"') + "}"));

    QuestionSet.Split train =
        (QuestionSet.Split) open(squad(SHORT.repeat(9), "red bridge"), tokenizer).train();

    assertThat(train.size()).isGreaterThan(3);
    for (int i = 0; i < train.size(); i++) {
      Window window = train.window(i);
      assertThat(window.contextFrom()).as("window %s", i).isEqualTo(contextFrom);
      assertThat(window.contextType()).as("window %s", i).isEqualTo(contextType);
      assertThat(window.starts()).as("window %s", i).hasSize(window.ids().length - 3 - special);
    }
  }

  @Test
  void aStrideWithoutRoomForTheContextIsRejected() throws IOException {
    ObjectNode tokenizer = tokenizer(SHORT, "Which bridge?");
    ArrayNode pair = (ArrayNode) tokenizer.at("/post_processor/pair");
    for (int i = 0; i < 18; i++) {
      pair.insert(0, pair.get(0));
    }
    Path file = squad("The red bridge.", "red bridge");

    assertThatThrownBy(() -> open(file, tokenizer))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("maxLength 32");
  }

  @Test
  void aContextWithoutTokensIsRejected() throws IOException {
    ObjectNode tokenizer = tokenizer(SHORT, "Which bridge?");
    ObjectNode deletion = ((ArrayNode) tokenizer.at("/normalizer/normalizers")).addObject();
    deletion.put("type", "Replace").put("content", "").putObject("pattern").put("String", "z");
    Path file = squad("zzz", null);

    assertThatThrownBy(() -> open(file, tokenizer))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + ", question q1")
        .hasMessageContaining("no tokens");
  }

  @Test
  void notesAHighShareOfUnknownTokens() throws IOException {
    Path file = squad(SHORT, "red bridge");

    assertThat(open(file, tokenizer("the town")).notes())
        .anyMatch(note -> note.startsWith("train: 82 %") && note.contains("unknown"));
    assertThat(open(file, tokenizer(SHORT)).notes()).noneMatch(note -> note.contains("unknown"));
  }

  @Test
  void labelsOfAQuestionWithoutAnAnswerAreZero() throws IOException {
    HostBatch batch = all(open(squad(SHORT, null), 64, 8).train());

    assertThat(batch.tensors().get(Batch.LABELS).longs()).containsExactly(0, 0);
  }

  @Test
  void splitsALongContextIntoWindowsThatContainTheAnswer() throws IOException {
    String context = "one two three four five six seven eight nine ten ".repeat(12) + SHORT;
    Dataset train = open(squad(context, "blue door"), 32, 8).train();
    HostBatch batch = all(train);
    long[] labels = batch.tensors().get(Batch.LABELS).longs();

    assertThat(train.size()).isGreaterThan(4);
    assertThat(batch.tensors().get(Batch.IDS).shape().get(1)).isEqualTo(32);
    assertThat(LongStream.of(labels).filter(label -> label > 0).count()).isBetween(2L, 4L);
    assertThat(labels).startsWith(0, 0, 0, 0);
  }

  @Test
  void findsAnAnswerAfterSurrogatePairs() throws IOException {
    Path file = squad("😀😀 é " + SHORT, "red bridge");
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      DataSplits data = open(file, 64, 8);
      long[] labels = all(data.train()).tensors().get(Batch.LABELS).longs();
      assertThat(metricValues(data, manager, (int) labels[0], (int) labels[1]))
          .containsEntry("exactMatch", 1.0)
          .containsEntry("f1", 1.0);
    }
  }

  @Test
  void theMetricScoresTheMostLikelySpan() throws IOException {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      DataSplits data = open(squad(SHORT, "red bridge"), 64, 8);

      assertThat(metricValues(data, manager, 10, 10).get("exactMatch")).isZero();
      assertThat(metricValues(data, manager, 10, 10).get("f1")).isEqualTo(2 / 3.0);
      // A span must not end before its start or lie in the question.
      assertThat(metricValues(data, manager, 10, 9).get("f1")).isLessThan(1.0);
    }
  }

  @Test
  void theMetricPredictsNoAnswerIfItIsMoreLikely() throws IOException {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      DataSplits data = open(squad(SHORT, null), 64, 8);

      assertThat(metricValues(data, manager, 0, 0))
          .containsEntry("exactMatch", 1.0)
          .containsEntry("exactMatch.unanswerable", 1.0);
      assertThat(metricValues(data, manager, 9, 10)).containsEntry("exactMatch", 0.0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherFileIsEvaluatedAsTheModelPredicts(boolean noneAllowed) throws IOException {
    Path file = squad("bridge", noneAllowed ? "bridge" : null);
    DataSplits trained = open(file, 64, 8);
    Path model = Files.createDirectory(folder.resolve("model"));
    for (Map.Entry<String, DataSplits.ModelFile> each : trained.files().entrySet()) {
      each.getValue().writeTo(model.resolve(each.getKey()));
    }
    AnswerExtraction prediction = new AnswerExtraction(8, 30, noneAllowed);
    DataContext context =
        new DataContext(
            folder.resolve("cache"), folder::resolve, 64, 17, model, trained.spec(), prediction);
    QuestionAnswering settings =
        new QuestionAnswering(new FileSplit("other.json"), null, null, null, 64, 8, 30);
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      DataSplits data = settings.openFile(file.toString(), trained.spec(), context);

      assertThat(data.prediction()).isEqualTo(prediction);
      // The first token, which stands for no answer, is the most likely one.
      assertThat(metricValues(data, manager, 0, 0)).containsEntry("exactMatch", 0.0);
    }
  }

  @Test
  void anAnswerAtAWrongPositionIsRejectedWithFileAndQuestion() throws IOException {
    Path file = squad(SHORT, "red bridge");
    Files.writeString(file, Files.readString(file).replace("red bridge\"", "green bridge\""));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("question q1")
        .hasMessageContaining("\"green bridge\"")
        .hasMessageContaining("answer_start 15");
  }

  @ParameterizedTest
  @CsvSource({
    "context, has no string \"context\"",
    "question, has no string \"question\"",
    "answers, has no array \"answers\""
  })
  void aQuestionWithAMissingFieldIsRejected(String key, String message) throws IOException {
    Path file = squad(SHORT, "red bridge");
    Files.writeString(file, Files.readString(file).replace('"' + key + '"', "\"other\""));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + ", question q1 " + message);
  }

  @ParameterizedTest
  @CsvSource({"Which, question", "The town, context"})
  void anUnpairedSurrogateIsRejectedWithFileAndQuestion(String before, String key)
      throws IOException {
    Path file = squad(SHORT, "red bridge");
    Files.writeString(file, Files.readString(file).replace(before, before + "\\ud800"));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + ", question q1 has an unpaired surrogate in \"" + key + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "4294967311    | answer_start 4294967311; the context has 42 characters",
        "2147483647    | answer_start 2147483647; the context has 42 characters",
        "-1            | answer_start -1; the context has 42 characters",
        "15.9          | integer \"answer_start\"; found 15.9.",
        "\"15\"          | integer \"answer_start\"; found \"15\"."
      })
  void anInvalidAnswerStartIsRejected(String answerStart, String message) throws IOException {
    assertRejected(
        "\"answer_start\":15",
        "\"answer_start\":" + answerStart,
        ", question q1: the answer \"red bridge\"",
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"paragraphs\"           | \"paragraph\"               |"
            + " , article 1 has no array \"paragraphs\"",
        "\"paragraphs\"           | \"title\":\"T\",\"other\"    |"
            + " , article \"T\" has no array \"paragraphs\"",
        "\"qas\"                  | \"questions\"               |"
            + " , article 1, paragraph 1 has no array \"qas\"",
        "\"id\":                  | \"ID\":                     |"
            + " , article 1, paragraph 1, question 1 has no string \"id\"",
        "\"is_impossible\":false  | \"is_impossible\":\"yes\"    |"
            + " , question q1 has \"is_impossible\": \"yes\"",
        "\"text\":                | \"TEXT\":                   |"
            + " , question q1: an answer has no string \"text\"",
        "\"id\":                  | \"id\":\"q0\",\"id\":         | is not JSON: Duplicate field"
            + " 'id'"
      })
  void invalidSquadStructureIsRejectedWithItsLocation(
      String part, String replacement, String message) throws IOException {
    assertRejected(part, replacement, message);
  }

  @ParameterizedTest
  @CsvSource({"0", "15", "-1"})
  void anEmptyAnswerIsRejectedWithItsQuestion(String start) throws IOException {
    Path file = squad(SHORT, "red bridge");
    Files.writeString(
        file,
        Files.readString(file)
            .replace("\"red bridge\"", "\"\"")
            .replace("\"answer_start\":15", "\"answer_start\":" + start));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + ", question q1 has an empty answer");
  }

  @Test
  void nanAndLongTextsAreReportedInAFewWords() throws IOException {
    assertRejected("\"answer_start\":15", "\"answer_start\":NaN", "question q1", "found \"NaN\"");
    Path file = squad(SHORT, "red bridge");
    Files.writeString(
        file, Files.readString(file).replace("red bridge\"", "x".repeat(1_000_000) + "\""));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .message()
        .hasSizeLessThan(500);
  }

  @Test
  void aDuplicateIdIsRejected() throws IOException {
    Path file = questions("twice.json", List.of("a", "b", "a"));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + ", question a occurs twice");
  }

  @Test
  void trailingContentIsRejected() throws IOException {
    Path file = squad(SHORT, "red bridge");
    Files.writeString(file, Files.readString(file) + "\n]");

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + " line 2 is not JSON");
  }

  private void assertRejected(String part, String replacement, String... fragments)
      throws IOException {
    Path file = squad(SHORT, "red bridge");
    String json = Files.readString(file);
    assertThat(json).contains(part);
    Files.writeString(file, json.replace(part, replacement));

    assertThatThrownBy(() -> open(file, 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.toString())
        .message()
        .contains(fragments);
  }

  @Test
  void aFileInAnotherFormatIsRejected() throws IOException {
    Path file = Files.writeString(folder.resolve("a.json"), "{\"a\": 1}");
    assertThatThrownBy(() -> open(file, 64, 8)).hasMessageContaining("has no array \"data\"");
    Files.writeString(file, "{\"data\"");
    assertThatThrownBy(() -> open(file, 64, 8)).hasMessageContaining("is not JSON");
    Files.writeString(file, "{\"data\": []}");
    assertThatThrownBy(() -> open(file, 64, 8)).hasMessageContaining("has no questions");
    assertThatThrownBy(() -> open(folder.resolve("absent.json"), 64, 8))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void aTooLargeStrideIsRejected() throws IOException {
    Path file = squad(SHORT, "red bridge");

    assertThatThrownBy(() -> open(file, 64, 33)).hasMessageContaining("stride 33");
    assertThatThrownBy(() -> open(file, 31, 8)).hasMessageContaining("maxLength 31 must be 32");
  }

  @Test
  void everyAnswerOfRealDataIsCoveredByAWindow() throws IOException {
    Path squad =
        Path.of("..", "..", "shared", "data", "squad", "dev-v2.0-subset.json")
            .toAbsolutePath()
            .normalize();
    assumeTrue(Files.exists(squad), squad + " is absent");
    List<Question> questions = SquadFile.read(squad);
    DataSplits data = open(squad, 384, 128);
    int windowsWithAnswer = 0;
    int answerable = 0;
    QuestionSet.Split train = (QuestionSet.Split) data.train();
    for (int i = 0; i < train.size(); i++) {
      HostBatch batch = train.collate(new long[] {i});
      windowsWithAnswer += batch.tensors().get(Batch.LABELS).longs()[0] > 0 ? 1 : 0;
    }
    for (Question question : questions) {
      answerable += question.answers().isEmpty() ? 0 : 1;
    }
    assertThat(windowsWithAnswer).isGreaterThanOrEqualTo(answerable);
  }

  /** The metric for logits that are highest at one start token and one end token. */
  private static Map<String, Double> metricValues(
      DataSplits data, NDManager manager, int first, int last) {
    Metric metric = data.metrics().get(0).get();
    Dataset only = data.splits().values().iterator().next();
    try (Batch batch = new Batch(all(only), Device.cpu())) {
      int tokens = (int) batch.ids().getShape().get(1);
      float[] logits = new float[2 * tokens];
      logits[2 * first] = 5;
      logits[2 * last + 1] = 5;
      NDArray output = manager.create(logits, new Shape(1, tokens, 2));
      metric.add(output, batch);
    }
    return metric.values(metric.sums());
  }

  @Test
  void aLongQuestionIsTruncated() throws IOException {
    Path file = squad(SHORT, "red bridge");
    String question = "Which " + "very ".repeat(200) + "red bridge?";
    Files.writeString(file, Files.readString(file).replace("Which bridge?", question));

    HostBatch batch = all(open(file, 64, 8).train());

    // [CLS], a quarter of the window, [SEP], the context, [SEP]
    assertThat(batch.tensors().get(Batch.IDS).shape()).isEqualTo(new Shape(1, 1 + 16 + 1 + 11 + 1));
    assertThat(batch.tensors().get(Batch.LABELS).longs()).containsExactly(22, 23);
  }

  @Test
  void theFingerprintChangesIfAQuestionMovesToAnotherSplit() throws IOException {
    String before = fingerprint(List.of("a", "b"), List.of("c"), 8);

    String after = fingerprint(List.of("a"), List.of("b", "c"), 8);

    assertThat(after.split(" ")[0]).isNotEqualTo(before.split(" ")[0]);
    assertThat(before).matches("[0-9a-f]{64} train:[0-9a-f]{16} validation:[0-9a-f]{16}");
  }

  @Test
  void theHashOfAnUnchangedSplitStaysTheSame() throws IOException {
    String[] before = fingerprint(List.of("a", "b"), List.of("c"), 8).split(" ");

    String[] after = fingerprint(List.of("a", "b"), List.of("d"), 8).split(" ");

    assertThat(after[0]).isNotEqualTo(before[0]);
    assertThat(after[1]).isEqualTo(before[1]);
    assertThat(after[2]).isNotEqualTo(before[2]);
  }

  @Test
  void theFingerprintDependsOnTheStride() throws IOException {
    assertThat(fingerprint(List.of("a"), List.of("b"), 16))
        .isNotEqualTo(fingerprint(List.of("a"), List.of("b"), 8));
  }

  /** Fingerprint of data that always has the same tokenizer. */
  private String fingerprint(List<String> train, List<String> validation, int stride)
      throws IOException {
    Path tokenizer = folder.resolve("tokenizer.json");
    new ObjectMapper().writeValue(tokenizer.toFile(), tokenizer(SHORT, "Which bridge?"));
    TokenizerSettings settings =
        new TokenizerSettings(
            TokenizerSettings.Type.WORD, tokenizer.toString(), 30_000, 1, true, true);
    FileSplit trainSplit = new FileSplit(questions("train.json", train).toString());
    FileSplit validationSplit = new FileSplit(questions("validation.json", validation).toString());
    return new QuestionAnswering(trainSplit, validationSplit, null, settings, 32, stride, 30)
        .open(new DataContext(folder.resolve("cache"), folder::resolve, 512, 17))
        .fingerprint();
  }

  /** Writes a file with one question per context, which has several windows. */
  private Path questions(String name, List<String> ids) throws IOException {
    Path one = squad(SHORT.repeat(5), "red bridge");
    JsonNode paragraph = new ObjectMapper().readTree(one.toFile()).at("/data/0/paragraphs/0");
    ObjectNode file = new ObjectMapper().createObjectNode();
    ArrayNode paragraphs = file.putArray("data").addObject().putArray("paragraphs");
    for (String id : ids) {
      ObjectNode copy = paragraph.deepCopy();
      ((ObjectNode) copy.at("/qas/0")).put("id", id);
      paragraphs.add(copy);
    }
    Path path = folder.resolve(name);
    new ObjectMapper().writeValue(path.toFile(), file);
    return path;
  }

  private static HostBatch all(Dataset dataset) {
    return dataset.collate(LongStream.range(0, dataset.size()).toArray());
  }

  private DataSplits open(Path file, int maxLength, int stride) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 30_000, 1, true, true);
    FileSplit split = new FileSplit(file.toString());
    return new QuestionAnswering(split, null, null, words, maxLength, stride, 30)
        .open(new DataContext(folder.resolve("cache"), folder::resolve, 512, 17));
  }

  private static ObjectNode tokenizer(String... texts) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 30_000, 1, true, true);
    return (ObjectNode)
        new ObjectMapper().readTree(TokenizerFolder.build(words, List.of(texts)).json());
  }

  private DataSplits open(Path file, ObjectNode tokenizer) throws IOException {
    Path json = folder.resolve("tokenizer.json");
    new ObjectMapper().writeValue(json.toFile(), tokenizer);
    TokenizerSettings settings =
        new TokenizerSettings(TokenizerSettings.Type.WORD, json.toString(), 30_000, 1, true, true);
    return new QuestionAnswering(new FileSplit(file.toString()), null, null, settings, 32, 8, 30)
        .open(new DataContext(folder.resolve("cache"), folder::resolve, 512, 17));
  }

  private Path squad(String context, String answer) throws IOException {
    ObjectMapper json = new ObjectMapper();
    Map<String, Object> reference =
        answer == null
            ? Map.of()
            : Map.of(
                "text", answer, "answer_start", context.codePointCount(0, context.indexOf(answer)));
    Map<String, Object> question =
        Map.of(
            "id",
            "q1",
            "question",
            "Which bridge?",
            "is_impossible",
            answer == null,
            "answers",
            answer == null ? List.of() : List.of(reference));
    Map<String, Object> paragraph = Map.of("context", context, "qas", List.of(question));
    Path file = folder.resolve("squad.json");
    json.writeValue(
        file.toFile(), Map.of("data", List.of(Map.of("paragraphs", List.of(paragraph)))));
    return file;
  }
}
