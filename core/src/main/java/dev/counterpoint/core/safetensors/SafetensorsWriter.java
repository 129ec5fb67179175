package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes named arrays to a safetensors file, streamed from native memory. The file can be read with
 * {@code safetensors.torch.load_file} and other tools.
 */
public final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /**
   * Writes a file atomically: an existing file is replaced only after the new content is on disk.
   *
   * @throws IOException if writing fails; the message names the file and the reason
   */
  public static void write(Path file, Map<String, NDArray> arrays) throws IOException {
    write(file, arrays, new LocalDisk());
  }

  static void write(Path file, Map<String, NDArray> arrays, Disk disk) throws IOException {
    AtomicFile.write(
        file,
        temporary -> disk.write(temporary, channel -> write(channel, TensorValues.of(arrays))));
    disk.force(file.resolveSibling("."));
  }

  /** Writes the header and all tensors to a channel. */
  public static void write(WritableByteChannel channel, Map<String, ? extends TensorValues> tensors)
      throws IOException {
    SafetensorsHeader header = SafetensorsHeader.layOut(shapes(tensors));
    writeFully(channel, header.encode());
    for (StoredTensor tensor : header.inOrder()) {
      Objects.requireNonNull(tensors.get(tensor.name()))
          .<IOException>send(chunk -> writeFully(channel, chunk));
    }
  }

  private static List<StoredTensor> shapes(Map<String, ? extends TensorValues> tensors) {
    List<StoredTensor> shapes = new ArrayList<>();
    tensors.forEach(
        (name, values) -> shapes.add(new StoredTensor(name, values.type(), values.shape(), 0, 0)));
    return shapes;
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
