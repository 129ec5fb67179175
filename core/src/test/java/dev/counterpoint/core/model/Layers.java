package dev.counterpoint.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Values of layers that {@code record.py} has recorded from PyTorch and Hugging Face. */
public final class Layers {
  private Layers() {}

  public static JsonNode recorded(String name) {
    try {
      return Json.MAPPER.readTree(Resource.read(Layers.class, "layers.json")).path(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static float[] floats(JsonNode numbers) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) numbers.get(i).asDouble();
    }
    return values;
  }
}
