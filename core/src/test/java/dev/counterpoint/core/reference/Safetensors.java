package dev.counterpoint.core.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Float32 arrays of a safetensors file among the test resources. */
public final class Safetensors {
  private final JsonNode header;
  private final ByteBuffer data;

  private Safetensors(JsonNode header, ByteBuffer data) {
    this.header = header;
    this.data = data;
  }

  public static Safetensors read(String resource) {
    try (InputStream in = Safetensors.class.getResourceAsStream("/reference/" + resource)) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      byte[] header = new byte[Math.toIntExact(bytes.getLong())];
      bytes.get(header);
      return new Safetensors(
          new ObjectMapper().readTree(header), bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public float[] values(String name) {
    JsonNode offsets = header.get(name).get("data_offsets");
    int from = offsets.get(0).asInt();
    float[] values = new float[(offsets.get(1).asInt() - from) / Float.BYTES];
    data.slice(from, values.length * Float.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }

  public Shape shape(String name) {
    JsonNode sizes = header.get(name).get("shape");
    long[] shape = new long[sizes.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = sizes.get(i).asLong();
    }
    return new Shape(shape);
  }

  public NDArray array(NDManager manager, String name) {
    return manager.create(values(name), shape(name));
  }
}
