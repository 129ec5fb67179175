package dev.counterpoint.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.mockito.Mockito.mock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.tasks.textclassification.Prediction;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ProductionModelServiceTest {
  static final Path SENTIMENT = Path.of("../runner/src/test/resources/fixtures/finished");
  private static final List<String> WORDS =
      List.of("a", "fine", "film", "never", "again", "good", "bad", "the", "stove", "annoys", "me");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final LoadedModels models =
      new LoadedModels(new BatchLimits(32, 16_384, 10_000, 2), meters);
  private final ProductionModelService service = new ProductionModelService(models);

  @BeforeEach
  void addModel() throws IOException {
    models.add("sentiment", Pipeline.open(SENTIMENT));
  }

  @AfterEach
  void closeModels() {
    models.close();
  }

  @Test
  void textBecomesLabel() {
    PredictionResponse response =
        service.predict(PredictionRequest.ofTexts("sentiment", "a fine film", "never again"));

    assertThat(response.outputs()).hasSize(2);
    assertThat(response.outputs().get(0).path("label").textValue()).isEqualTo("good");
    assertThat(response.version()).isEqualTo(1);
  }

  @Test
  void eachAnswerBelongsToItsRequestAndEqualsTheSingleOne() throws IOException {
    List<String> texts = distinctTexts(2_000);
    List<CompletableFuture<PredictionResponse>> answers = new ArrayList<>();
    for (int i = 0; i < texts.size(); i += 2) {
      answers.add(
          service.submit(PredictionRequest.ofTexts("sentiment", texts.get(i), texts.get(i + 1))));
    }

    try (Pipeline alone = Pipeline.open(SENTIMENT)) {
      for (int i = 0; i < texts.size(); i++) {
        JsonNode output = answers.get(i / 2).join().outputs().get(i % 2);
        Prediction expected = alone.classify(texts.get(i));
        assertThat(output.path("text").textValue()).isEqualTo(texts.get(i));
        for (int label = 0; label < 2; label++) {
          assertThat(output.path("probabilities").path(expected.labels().get(label)).doubleValue())
              .isCloseTo(expected.probabilities().get(label), within(1e-6));
        }
      }
    }
    assertThat(meters.get("counterpoint.batch.size").summary().max()).isGreaterThan(1);
  }

  private static List<String> distinctTexts(int count) {
    Random random = new Random(3);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                random
                        .ints(1 + random.nextInt(9), 0, WORDS.size())
                        .mapToObj(WORDS::get)
                        .collect(Collectors.joining(" "))
                    + " "
                    + i)
        .toList();
  }

  @Test
  void unknownModelIsRefusedWithASuggestion() {
    assertThatThrownBy(() -> service.predict(PredictionRequest.ofTexts("sentimnt", "a")))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.UNKNOWN_MODEL))
        .hasMessageContaining("\"sentiment\"");
    assertThatThrownBy(() -> service.predict(PredictionRequest.ofTexts("sentiment/2", "a")))
        .isInstanceOf(PredictionFailed.class);
    assertThatThrownBy(() -> service.predict(PredictionRequest.ofTexts("sentiment@best", "a")))
        .isInstanceOf(PredictionFailed.class);
  }

  @Test
  void invalidInputIsNamed() {
    List<JsonNode> inputs =
        List.of(
            JsonNodeFactory.instance.objectNode().put("text", "a"),
            JsonNodeFactory.instance.objectNode().put("txt", "a"));
    assertThatThrownBy(
            () ->
                service.predict(
                    new PredictionRequest(null, ModelId.parse("sentiment"), inputs, null)))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.INVALID_INPUT))
        .hasMessageContaining("inputs[1]")
        .hasMessageContaining("\"text\"");
  }

  @Test
  void inputThatIsTooLongToEncodeIsInvalid() {
    PredictionRequest request = PredictionRequest.ofTexts("sentiment", "a".repeat(100_001));

    assertThatThrownBy(() -> service.predict(request))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.INVALID_INPUT))
        .hasMessageContaining("100001");
  }

  @Test
  void requestWithoutInputsIsInvalid() {
    assertThatThrownBy(() -> PredictionRequest.ofTexts("sentiment"))
        .isInstanceOf(InvalidSettings.class);
  }

  @Test
  void requestPastItsDeadlineFails() {
    PredictionRequest request = PredictionRequest.ofTexts("sentiment", "a");
    PredictionRequest late =
        new PredictionRequest(
            "7", request.model(), request.inputs(), Instant.now().minusSeconds(1));
    assertThatThrownBy(() -> service.predict(late))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.DEADLINE));
  }

  @Test
  void modelStaysOpenUntilTheLastLeaseIsClosed() throws IOException {
    ModelLease lease = models.getModel(ModelId.parse("sentiment"));
    models.add("sentiment", Pipeline.open(SENTIMENT));

    assertThat(lease.pipeline().classify("a fine film").label()).isEqualTo("good");
    assertThat(lease.version()).isEqualTo(1);
    assertThat(service.predict(PredictionRequest.ofTexts("sentiment", "a")).version()).isEqualTo(2);
    Pipeline first = lease.pipeline();
    lease.close();
    models.close();
    assertThatThrownBy(() -> first.classify("a")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lease.predict(List.of(), null))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void noRequestFailsWhileModelsAreReplaced() throws IOException {
    List<CompletableFuture<PredictionResponse>> answers = new ArrayList<>();
    for (int swap = 0; swap < 20; swap++) {
      for (int i = 0; i < 50; i++) {
        answers.add(service.submit(PredictionRequest.ofTexts("sentiment", "a fine film " + i)));
      }
      models.add("sentiment", Pipeline.open(SENTIMENT));
    }

    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).join().outputs().get(0).path("text").textValue())
          .isEqualTo("a fine film " + i % 50);
    }
    assertThat(answers.get(999).join().version()).isEqualTo(20);
  }

  @Test
  void cancelledRequestClosesItsLease() {
    CompletableFuture<PredictionResponse> answer =
        service.submit(PredictionRequest.ofTexts("sentiment", "a"));
    answer.cancel(false);

    models.close(); // waits for all leases
    assertThatThrownBy(answer::join)
        .isInstanceOfAny(
            CompletionException.class, java.util.concurrent.CancellationException.class);
  }

  @Test
  void anErrorWhileInputsAreEncodedClosesTheLease() {
    JsonNode failing =
        mock(
            JsonNode.class,
            call -> {
              throw new StackOverflowError("deep");
            });
    PredictionRequest request =
        new PredictionRequest(null, ModelId.parse("sentiment"), List.of(failing), null);

    assertThatThrownBy(() -> service.predict(request)).isInstanceOf(PredictionFailed.class);

    assertThat(CompletableFuture.runAsync(models::close)).succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void languageModelIsRefusedAndClosed() throws IOException {
    Pipeline pipeline = Pipeline.open(SENTIMENT.resolveSibling("generation"));

    assertThatThrownBy(() -> models.add("bells", pipeline)).isInstanceOf(InvalidSettings.class);
    assertThatThrownBy(pipeline::encoder).isInstanceOf(IllegalStateException.class);
  }
}
