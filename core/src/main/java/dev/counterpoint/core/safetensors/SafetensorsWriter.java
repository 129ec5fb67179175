package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.storage.Disk;
import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.core.storage.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes arrays by name as a safetensors file, straight from native memory; other tools read it,
 * {@code safetensors.torch.load_file} among them.
 */
public final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /**
   * Writes a file whole or not at all: what lay there before stays until all is on the disk.
   *
   * @throws IOException naming the file and what failed
   */
  public static void write(Path file, Map<String, NDArray> arrays) throws IOException {
    write(file, arrays, new LocalDisk());
  }

  static void write(Path file, Map<String, NDArray> arrays, Disk disk) throws IOException {
    Path place = file.toAbsolutePath();
    Path fresh = place.resolveSibling("." + place.getFileName() + ".new");
    try {
      disk.delete(fresh);
      disk.write(fresh, channel -> write(channel, TensorValues.of(arrays)));
      disk.rename(fresh, place);
      disk.force(place.resolveSibling("."));
    } catch (IOException e) {
      deleteQuietly(disk, fresh, e);
      throw new IOException("Cannot write " + file + ": " + IoFailure.of(e) + ".", e);
    }
  }

  public static void write(WritableByteChannel channel, Map<String, ? extends TensorValues> tensors)
      throws IOException {
    SafetensorsHeader header = SafetensorsHeader.lay(shapes(tensors));
    writeFully(channel, header.encode());
    for (StoredTensor tensor : header.inOrder()) {
      Objects.requireNonNull(tensors.get(tensor.name()))
          .<IOException>send(piece -> writeFully(channel, piece));
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

  private static void deleteQuietly(Disk disk, Path fresh, IOException cause) {
    try {
      disk.delete(fresh);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
