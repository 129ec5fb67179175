package dev.counterpoint.runner.bench;

import ai.djl.Device;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.BaseModel;
import java.util.List;
import java.util.Set;

/** Contender: Counterpoint's generator, with greedy decoding and a key-value cache. */
final class GeneratorContender implements Contender {
  private final BenchSize size;
  private final BaseModel model;
  private final long[] prompt;

  GeneratorContender(BenchSize size, Precision precision) {
    this.size = size;
    model = size.model(precision);
    model.setTraining(false);
    prompt = new RandomExamples(size, 0).prompt();
  }

  @Override
  public double[] train(int steps) {
    GenerationSettings settings = new GenerationSettings(steps, false, 1, 0, 1, 1, 1, Set.of(), 1);
    Generator generator =
        new Generator(
            (DecoderSession.Model) model,
            settings,
            size.dimensions().tokens() + steps,
            Device.cpu());
    double[] seconds = new double[steps];
    int[] generated = {0};
    long[] last = {System.nanoTime()};
    generator.generate(
        List.of(prompt),
        (text, token) -> {
          long now = System.nanoTime();
          seconds[generated[0]++] = (now - last[0]) * 1e-9;
          last[0] = now;
        });
    return seconds;
  }

  @Override
  public void close() {
    model.close();
  }
}
