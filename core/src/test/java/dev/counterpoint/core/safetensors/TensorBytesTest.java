package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorBytesTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 12, 40, 1000})
  void sendsAllBytesForAnyChunkSize(int chunk) {
    NDArray array = manager.arange(30f).reshape(1, 5, 3, 2);

    assertThat(floats(new TensorBytes(chunk), array)).containsExactly(range(30));
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 12, 1000})
  void sendsATransposedViewInItsRowMajorOrder(int chunk) {
    NDArray array = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)).transpose();

    assertThat(floats(new TensorBytes(chunk), array)).containsExactly(1f, 4f, 2f, 5f, 3f, 6f);
  }

  @Test
  void chunksDoNotExceedTheMaximumSize() {
    List<Integer> sizes = new ArrayList<>();

    new TensorBytes(16).send(manager.zeros(new Shape(7, 3)), chunk -> sizes.add(chunk.remaining()));

    assertThat(sizes).allMatch(size -> size <= 16);
    assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(7 * 3 * 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 12, 40, 1000})
  void fillWritesIntoExistingMemory(int chunk) {
    NDArray array = manager.zeros(new Shape(1, 5, 3, 2));
    ByteBuffer memory = array.toByteBuffer(true);

    new TensorBytes(chunk).fill(array, counting(30));

    assertThat(memory.getFloat(0)).isEqualTo(0f);
    assertThat(memory.getFloat(29 * 4)).isEqualTo(29f);
    assertThat(array.toFloatArray()).containsExactly(range(30));
  }

  @Test
  void fillingATransposedViewFillsTheUnderlyingArray() {
    NDArray array = manager.zeros(new Shape(2, 3));

    new TensorBytes().fill(array.transpose(), counting(6));

    assertThat(array.toFloatArray()).containsExactly(0f, 2f, 4f, 1f, 3f, 5f);
  }

  @Test
  @SuppressWarnings("try") // The resource is only closed, never referenced.
  void fillIsNotRecordedByAutograd() {
    NDArray array = manager.zeros(new Shape(4));
    array.setRequiresGradient(true);

    try (Torch.Recording on = Torch.recordGradients()) {
      new TensorBytes().fill(array, counting(4));
      Torch.backward(array.square().sum());
    }

    assertThat(array.getGradient().toFloatArray()).containsExactly(0f, 2f, 4f, 6f);
  }

  @Test
  void doesNotLeakArraysIntoTheManager() {
    NDArray array = manager.zeros(new Shape(5, 3)).transpose();
    int before = manager.getManagedArrays().size();

    new TensorBytes(8).send(array, chunk -> {});
    new TensorBytes(8).fill(array, counting(15));

    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void nanPayloadsAndNegativeZerosSurvive() {
    NDArray array = manager.zeros(new Shape(2), DataType.FLOAT32);
    int[] bits = {0x7fa00001, 0x80000000};

    new TensorBytes().fill(array, count -> direct(count).putInt(bits[0]).putInt(bits[1]).flip());

    ByteBuffer memory = array.toByteBuffer(true);
    assertThat(memory.getInt(0)).isEqualTo(bits[0]);
    assertThat(memory.getInt(4)).isEqualTo(bits[1]);
  }

  private static TensorBytes.Source<RuntimeException> counting(int floats) {
    ByteBuffer all = direct(4 * floats);
    for (int i = 0; i < floats; i++) {
      all.putFloat(i);
    }
    all.flip();
    return count -> {
      ByteBuffer next = all.slice(all.position(), count).order(ByteOrder.LITTLE_ENDIAN);
      all.position(all.position() + count);
      return next;
    };
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] floats(TensorBytes bytes, NDArray array) {
    List<Float> values = new ArrayList<>();
    bytes.send(
        array,
        chunk -> {
          while (chunk.hasRemaining()) {
            values.add(chunk.getFloat());
          }
        });
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i);
    }
    return result;
  }

  private static float[] range(int end) {
    float[] values = new float[end];
    for (int i = 0; i < end; i++) {
      values[i] = i;
    }
    return values;
  }
}
