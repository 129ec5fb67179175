package dev.counterpoint.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.inference.json.ModelInput;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine with a function instead of a model, which is held until a test releases it. */
@Timeout(30)
final class BatchEngineTest {
  private static final BatchLimits LIMITS = new BatchLimits(4, 4_000, 10, 1);

  private final List<List<String>> batches = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final BatchEngine engine =
      new BatchEngine(
          "test",
          LIMITS,
          new BatchEngine.Work(() -> {}, this::compute, stopped::countDown),
          new ModelMetrics(new SimpleMeterRegistry(), "test", 1));

  private List<ObjectNode> compute(List<Example> examples) {
    started.countDown();
    await(released);
    List<String> texts = examples.stream().map(it -> it.input().text()).toList();
    batches.add(texts);
    if (texts.stream().anyMatch(it -> it.startsWith("bad"))) {
      throw new IllegalArgumentException(texts.toString());
    }
    return texts.stream().map(it -> JsonNodeFactory.instance.objectNode().put("text", it)).toList();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() {
    released.countDown();
    engine.stop();
  }

  @Test
  void theCheckRunsOnEachThreadBeforeTheEngineIsReady() {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    BatchEngine checked =
        new BatchEngine(
            "checked",
            new BatchLimits(4, 100, 10, 3),
            new BatchEngine.Work(
                () -> threads.add(Thread.currentThread().getName()), this::compute, () -> {}),
            new ModelMetrics(new SimpleMeterRegistry(), "checked", 1));

    assertThat(threads)
        .containsExactlyInAnyOrder("model-checked-0", "model-checked-1", "model-checked-2");
    checked.stop();
  }

  @Test
  void aFailedCheckOnOneThreadEndsAllOfThem() {
    AtomicInteger checks = new AtomicInteger();
    AtomicInteger ends = new AtomicInteger();
    Runnable failsOnce =
        () -> {
          if (checks.incrementAndGet() == 2) {
            throw new IllegalStateException("other outputs");
          }
        };

    assertThatThrownBy(
            () ->
                new BatchEngine(
                    "refused",
                    new BatchLimits(4, 100, 10, 3),
                    new BatchEngine.Work(failsOnce, this::compute, ends::incrementAndGet),
                    new ModelMetrics(new SimpleMeterRegistry(), "refused", 1)))
        .hasRootCauseMessage("other outputs");
    assertThat(checks).hasValue(3);
    assertThat(ends).as("the caller closes the model").hasValue(0);
  }

  @Test
  void whatWaitsIsComputedInOneBatchInOrder() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(1, "a", "b", "c");
    released.countDown();

    assertThat(results)
        .extracting(it -> it.get().path("text").textValue())
        .containsExactly("a", "b", "c");
    assertThat(batches).containsExactly(List.of("first"), List.of("a", "b", "c"));
  }

  @Test
  void batchHasAtMostTheLimitOfRows() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(1, "a", "b", "c", "d", "e");
    released.countDown();
    results.forEach(CompletableFuture::join);

    assertThat(batches).extracting(List::size).containsExactly(1, 4, 1);
  }

  @Test
  void batchHasAtMostTheLimitOfPaddedTokens() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = new ArrayList<>(submit(1_500, "a", "b"));
    results.addAll(submit(1_400, "c", "d"));
    released.countDown();
    results.forEach(CompletableFuture::join);

    assertThat(batches).containsExactly(List.of("first"), List.of("a", "b"), List.of("c", "d"));
  }

  @Test
  void freeThreadsShareWhatWaits() {
    CountDownLatch both = new CountDownLatch(2);
    BatchEngine two =
        new BatchEngine(
            "two",
            new BatchLimits(9, 4_000, 10, 2),
            new BatchEngine.Work(
                () -> {},
                examples -> {
                  both.countDown();
                  await(both);
                  return compute(examples);
                },
                () -> {}),
            new ModelMetrics(new SimpleMeterRegistry(), "two", 1));
    released.countDown();
    submit(two, 1, "a", "b", "c", "d").forEach(CompletableFuture::join);
    two.stop();

    assertThat(batches).containsExactlyInAnyOrder(List.of("a", "b"), List.of("c", "d"));
  }

  @Test
  void paddingIsLimited() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = new ArrayList<>(submit(100, "a"));
    results.addAll(submit(80, "b"));
    results.addAll(submit(50, "c"));
    released.countDown();
    results.forEach(CompletableFuture::join);

    assertThat(batches).containsExactly(List.of("first"), List.of("a", "b"), List.of("c"));
  }

  @Test
  void exampleAboveTheLimitOfTokensIsComputedAlone() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(9_000, "a", "b");
    released.countDown();
    results.forEach(CompletableFuture::join);

    assertThat(batches).extracting(List::size).containsExactly(1, 1, 1);
  }

  @Test
  void similarLengthsAreTogether() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = new ArrayList<>(submit(1_000, "long 1"));
    results.addAll(submit(10, "short 1"));
    results.addAll(submit(990, "long 2"));
    results.addAll(submit(12, "short 2"));
    released.countDown();
    results.forEach(CompletableFuture::join);

    assertThat(batches)
        .containsExactly(
            List.of("first"), List.of("long 1", "long 2"), List.of("short 1", "short 2"));
  }

  @Test
  void onlyTheFailingExampleFails() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(1, "a", "bad 1", "c", "d");
    released.countDown();

    assertThat(results.get(0).get().path("text").textValue()).isEqualTo("a");
    assertThat(results.get(3).get().path("text").textValue()).isEqualTo("d");
    assertThat(results.get(2).get().path("text").textValue()).isEqualTo("c");
    assertThatThrownBy(results.get(1)::get).hasMessageContaining("[bad 1]");
  }

  @Test
  void cancelledExampleIsNotComputed() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(1, "a", "b");
    results.get(0).cancel(false);
    released.countDown();
    results.get(1).join();

    assertThat(batches).containsExactly(List.of("first"), List.of("b"));
  }

  @Test
  void fullQueueRefusesAllExamplesOfARequest() throws Exception {
    occupy();
    submit(1, IntStream.range(0, 9).mapToObj(String::valueOf).toArray(String[]::new));

    assertThatThrownBy(() -> submit(1, "a", "b"))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.QUEUE_FULL));
    assertThat(submit(1, "c")).hasSize(1);
  }

  @Test
  void cancelledExamplesMakeRoomInTheQueue() throws Exception {
    occupy();
    submit(1, IntStream.range(0, 10).mapToObj(String::valueOf).toArray(String[]::new))
        .forEach(it -> it.cancel(false));

    assertThat(submit(1, "a")).hasSize(1);
  }

  @Test
  void stoppedEngineAnswersWhatWaitsAndRefusesMore() throws Exception {
    occupy();
    List<CompletableFuture<ObjectNode>> results = submit(1, "a");
    engine.stop();

    assertThatThrownBy(() -> submit(1, "b"))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.SHUTTING_DOWN));
    assertThat(stopped.getCount()).isEqualTo(1);
    released.countDown();
    assertThat(results.get(0).get().path("text").textValue()).isEqualTo("a");
    assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
  }

  /** Keeps the thread busy with a first example, so that further ones wait. */
  private void occupy() throws InterruptedException {
    submit(1, "first");
    started.await();
  }

  private List<CompletableFuture<ObjectNode>> submit(int tokens, String... texts) {
    return submit(engine, tokens, texts);
  }

  private static List<CompletableFuture<ObjectNode>> submit(
      BatchEngine engine, int tokens, String... texts) {
    List<Example> examples = new ArrayList<>();
    for (String text : texts) {
      examples.add(new Example(new ModelInput(String.valueOf(text), null, null), null, tokens));
    }
    return engine.submit(examples);
  }
}
