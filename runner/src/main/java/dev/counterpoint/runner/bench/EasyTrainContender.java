package dev.counterpoint.runner.bench;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.counterpoint.core.data.HostBatch;
import java.util.Objects;

/**
 * Contender: DJL's {@code EasyTrain} with DJL's blocks. The workload is slightly different, and
 * smaller: its encoder block uses batch norm after each sub-layer, has no mask, and no learned
 * positions; gradients are not clipped.
 */
final class EasyTrainContender implements Contender {
  private final RandomExamples examples;
  private final BenchSize encoder;
  private final Model model = Model.newInstance("encoder", Device.cpu(), "PyTorch");
  private final Trainer trainer;

  EasyTrainContender(BenchSize encoder) {
    this.encoder = encoder;
    examples = new RandomExamples(encoder, 0);
    model.setBlock(block(encoder));
    trainer =
        model.newTrainer(
            new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(
                    Optimizer.adamW()
                        .optLearningRateTracker(Tracker.fixed((float) Bench.LEARNING_RATE))
                        .build()));
    trainer.initialize(new Shape(encoder.dimensions().batch(), encoder.dimensions().tokens()));
  }

  private static SequentialBlock block(BenchSize encoder) {
    SequentialBlock block = new SequentialBlock();
    block.add(
        new IdEmbedding.Builder()
            .setDictionarySize(encoder.dimensions().vocabulary())
            .setEmbeddingSize(encoder.dimensions().width())
            .build());
    for (int i = 0; i < encoder.dimensions().layers(); i++) {
      block.add(
          new TransformerEncoderBlock(
              encoder.dimensions().width(),
              encoder.dimensions().heads(),
              4 * encoder.dimensions().width(),
              0,
              Activation::gelu));
    }
    block.addSingleton(x -> x.mean(new int[] {1}));
    return block.add(Linear.builder().setUnits(BenchSize.CLASSES).build());
  }

  @Override
  public double[] train(int steps) {
    return Contender.timed(
        steps,
        examples::batch,
        host -> {
          try (Batch batch = batch(host)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
          }
        });
  }

  private Batch batch(HostBatch host) {
    NDManager manager = trainer.getManager().newSubManager();
    Shape shape = new Shape(encoder.dimensions().batch(), encoder.dimensions().tokens());
    NDArray ids = manager.create(longs(host, dev.counterpoint.core.data.Batch.IDS), shape);
    NDArray labels = manager.create(longs(host, dev.counterpoint.core.data.Batch.LABELS));
    return new Batch(
        manager,
        new NDList(ids),
        new NDList(labels),
        encoder.dimensions().batch(),
        Batchifier.STACK,
        Batchifier.STACK,
        0,
        0);
  }

  private static long[] longs(HostBatch host, String name) {
    return Objects.requireNonNull(host.tensors().get(name)).longs();
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
  }
}
