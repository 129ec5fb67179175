package dev.counterpoint.runner.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;

/** Contender: a hand-written training loop on Counterpoint's layers and kernels. */
final class BareContender implements Contender {
  private final NDManager memory = Torch.newManager(Device.cpu());
  private final RandomExamples examples;
  private final BaseModel model;
  private final BareLoop loop;

  BareContender(BenchSize encoder, Precision precision) {
    examples = new RandomExamples(encoder, 0);
    model = encoder.model(precision);
    loop = new BareLoop(model, memory);
  }

  @Override
  public double[] train(int steps) {
    return Contender.timed(steps, examples::batch, it -> loop.step(it, Bench.LEARNING_RATE));
  }

  @Override
  public void close() {
    memory.close();
    model.close();
  }
}
