import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainState;
import dev.counterpoint.core.training.TrainingStrategy;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/** Data-parallel training that sends gradients as bfloat16: with two workers, half the bytes. */
public record Bfloat16Gradients(Collective collective) implements TrainingStrategy {
  @Override
  public int reduceGradients(TrainState state) {
    int bytes = collective.bucketBytes();
    state.gradients().allReduce(bytes, buckets -> buckets.forEach(this::allReduce));
    return collective.worldSize();
  }

  private void allReduce(ByteBuffer bucket) {
    FloatBuffer gradient = bucket.asFloatBuffer();
    ByteBuffer own = ByteBuffer.allocate(gradient.limit() * Short.BYTES);
    for (int i = 0; i < gradient.limit(); i++) {
      own.putShort(bfloat16(gradient.get(i)));
    }
    List<ByteBuffer> all =
        collective.allGather(own.array()).stream().map(ByteBuffer::wrap).toList();
    for (int i = 0; i < gradient.limit(); i++) {
      float sum = -0f; // what a parameter without a gradient has
      for (ByteBuffer numbers : all) {
        sum += Float.intBitsToFloat(numbers.getShort() << 16);
      }
      gradient.put(i, sum);
    }
  }

  /** Rounds to nearest, ties to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** The number of worker processes. */
  public record Config(int workers) implements StrategyConfig {
    @Override
    public Optional<Processes> processes() {
      return Optional.of(Processes.of(workers));
    }

    @Override
    public TrainingStrategy build(Collective collective) {
      return new Bfloat16Gradients(collective);
    }
  }
}
