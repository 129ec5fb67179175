package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.kernel.Torch;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads a model saved by Hugging Face's save_pretrained; expected values were read with numpy. */
class ReferenceFileTest {
  @Test
  void readsNamesAndShapes() throws IOException, URISyntaxException {
    try (SafetensorsReader reader = SafetensorsReader.open(file())) {
      assertThat(reader.tensors()).hasSize(41);
      assertThat(reader.tensors().get("bert.embeddings.word_embeddings.weight").shape())
          .isEqualTo(new Shape(128, 32));
      assertThat(reader.tensors().values()).allMatch(tensor -> tensor.type() == StoredType.F32);
    }
  }

  @Test
  void valuesEqualNumpy() throws IOException, URISyntaxException {
    try (SafetensorsReader reader = SafetensorsReader.open(file());
        NDManager manager = Torch.newManager(Device.cpu())) {
      NDArray words = reader.load("bert.embeddings.word_embeddings.weight", manager);
      assertThat(words.getFloat(0, 0)).isEqualTo(0.23774262f);
      assertThat(words.getFloat(127, 31)).isEqualTo(0.12579402f);
      assertThat(reader.load("classifier.bias", manager).toFloatArray())
          .containsExactly(-0.0907708f, 0.20654853f);
    }
  }

  @Test
  void modelHashEqualsPython() throws IOException, URISyntaxException {
    assertThat(ModelHash.of(file()))
        .isEqualTo("63b720478be4faa12fecec5ff4e63f1280dd5e7f60efc7ca237634c430effa38");
  }

  @Test
  void rewrittenFileIsIdenticalByteForByte(@TempDir Path directory)
      throws IOException, URISyntaxException {
    Path copy = directory.resolve("copy.safetensors");
    try (SafetensorsReader reader = SafetensorsReader.open(file());
        NDManager manager = Torch.newManager(Device.cpu())) {
      Map<String, NDArray> arrays = new TreeMap<>();
      for (String name : reader.tensors().keySet()) {
        arrays.put(name, reader.load(name, manager));
      }
      SafetensorsWriter.write(copy, arrays);
    }

    assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(file()));
  }

  private static Path file() throws URISyntaxException {
    return Path.of(ReferenceFileTest.class.getResource("bert-tiny.safetensors").toURI());
  }
}
