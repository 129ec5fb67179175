package dev.counterpoint.models.gpt2;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.models.Reference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Texts that GPT-2 goes on with against those that Hugging Face's {@code generate} made. */
class GenerationReferenceTest {
  private static final int NEW_TOKENS = 20;
  private static final Set<Long> END = Set.of(127L);

  private final Reference reference = new Reference("gpt2-tiny");
  private Gpt2LanguageModel model;

  @BeforeEach
  void load() throws IOException {
    Gpt2Config config =
        new Gpt2Config(Gpt2Config.Task.LANGUAGE_MODEL, reference.folder().toString(), null)
            .resolve(Path::of);
    model = (Gpt2LanguageModel) config.build(DataSpec.ofText(128, 127, List.of()));
    model.initialize(Device.cpu(), 1);
    config.loadInto(model, List.of(), Path::of);
  }

  @AfterEach
  void close() {
    model.close();
    reference.close();
  }

  @Test
  void theLikeliestTokensAreThoseOfHuggingFace() {
    assertThat(whole(GenerationSettings.greedy(NEW_TOKENS, END)))
        .containsExactly(reference.ids("gen.greedy_ids"))
        .containsExactly(reference.ids("gen.generate_ids"));
  }

  @Test
  void aStopTokenEndsTheTextWhereItDoesInHuggingFace() {
    Set<Long> stop = Set.of(reference.ids("gen.stop_id")[0]);

    assertThat(whole(GenerationSettings.greedy(NEW_TOKENS, stop)))
        .containsExactly(reference.ids("gen.stop_ids"));
  }

  @Test
  void threeBeamsFindTheTextOfHuggingFace() {
    assertThat(whole(GenerationSettings.beams(3, NEW_TOKENS, END)))
        .containsExactly(reference.ids("gen.beam3_ids"));
  }

  @Test
  void aShorterPromptBesideALongerOneGoesOnAsInHuggingFace() {
    long[] ids = reference.ids("gen.left_ids");
    long[] mask = reference.ids("gen.left_mask");
    long[] expected = reference.ids("gen.left_generate_ids");
    int width = ids.length / 2;
    List<long[]> prompts = new ArrayList<>();
    for (int row = 0; row < 2; row++) {
      int padding =
          (int)
              Arrays.stream(mask, row * width, (row + 1) * width).filter(seen -> seen == 0).count();
      prompts.add(Arrays.copyOfRange(ids, row * width + padding, (row + 1) * width));
    }

    List<List<Long>> made = generate(GenerationSettings.greedy(NEW_TOKENS, END), prompts);

    int whole = expected.length / 2;
    for (int row = 0; row < 2; row++) {
      assertThat(made.get(row))
          .containsExactlyElementsOf(
              Arrays.stream(expected, row * whole + width, (row + 1) * whole).boxed().toList());
    }
  }

  @Test
  void theLogitsWithACacheAreThoseThatWereRecordedWithout() {
    long[] all = reference.ids("gen.greedy_ids");
    NDArray expected = reference.get("gen.greedy_logits");
    try (DecoderSession decoding = model.newSession();
        NDManager manager = Torch.newManager(Device.cpu());
        NDScope scope = new NDScope();
        Torch.Recording off = Torch.noGradients()) {
      scope.suppressNotUsedWarning();
      int from = 0;
      for (int step = 0; step < NEW_TOKENS; step++) {
        int to = all.length - NEW_TOKENS + step;
        long[] read = Arrays.copyOfRange(all, from, to);
        Shape shape = new Shape(1, read.length);
        NDArray positions = manager.arange(from, to, 1, DataType.INT64).reshape(shape);
        float[] logits = decoding.forward(manager.create(read, shape), positions, null).toFloatArray();
        assertThat(logits)
            .usingComparatorWithPrecision(1e-5f)
            .containsExactly(expected.get(step).toFloatArray());
        from = to;
      }
    }
  }

  @Test
  void aTextEndsWhereThePositionsEnd() {
    List<long[]> prompts = List.of(new long[60]);

    assertThat(generate(GenerationSettings.greedy(NEW_TOKENS, Set.of()), prompts).get(0))
        .hasSize(4);
  }

  @Test
  void aTextBesideALongerOneThatHasEndedGoesOnToItsOwnEnd() {
    GenerationSettings settings = GenerationSettings.greedy(60, Set.of());
    long[] shorter = {5};
    long[] longer = new long[40];

    List<List<Long>> made = generate(settings, List.of(longer, shorter));

    assertThat(made).extracting(List::size).containsExactly(24, 60);
    assertThat(made.get(0)).isEqualTo(generate(settings, List.of(longer)).get(0));
    assertThat(made.get(1)).isEqualTo(generate(settings, List.of(shorter)).get(0));
  }

  private long[] whole(GenerationSettings settings) {
    long[] prompt = reference.ids("gen.prompt_ids");
    List<Long> tokens = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
    tokens.addAll(generate(settings, List.of(prompt)).get(0));
    return tokens.stream().mapToLong(token -> token).toArray();
  }

  private List<List<Long>> generate(GenerationSettings settings, List<long[]> prompts) {
    return new Generator(model, settings, 64, Device.cpu())
        .generate(prompts, (prompt, token) -> {});
  }
}
