package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

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
      disk.write(fresh, channel -> write(channel, arrays));
      disk.rename(fresh, place);
      disk.force(place.resolveSibling("."));
    } catch (IOException e) {
      deleteQuietly(disk, fresh, e);
      throw new IOException("Cannot write " + file + ": " + Reason.of(e) + ".", e);
    }
  }

  static void write(WritableByteChannel channel, Map<String, NDArray> arrays) throws IOException {
    SafetensorsHeader header = SafetensorsHeader.lay(shapes(arrays).values());
    writeFully(channel, header.encode());
    TensorBytes bytes = new TensorBytes();
    for (StoredTensor tensor : header.inOrder()) {
      bytes.<IOException>send(
          Objects.requireNonNull(arrays.get(tensor.name())), piece -> writeFully(channel, piece));
    }
  }

  private static Map<String, StoredTensor> shapes(Map<String, NDArray> arrays) {
    Map<String, StoredTensor> shapes = new TreeMap<>();
    arrays.forEach(
        (name, array) ->
            shapes.put(
                name,
                new StoredTensor(
                    name, StoredType.of(array.getDataType()), array.getShape(), 0, 0)));
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
