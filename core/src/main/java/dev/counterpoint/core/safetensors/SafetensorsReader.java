package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.DamagedFile;
import dev.counterpoint.core.storage.IoFailure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * An open safetensors file. Its header is checked wholly when it is opened; tensors are read a
 * piece at a time, never the file as a whole. For one thread.
 */
public final class SafetensorsReader implements Closeable {
  private final Path file;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final long dataStart;
  private ByteBuffer staging = ByteBuffer.allocateDirect(0);
  private ByteBuffer halves = ByteBuffer.allocate(0);

  private SafetensorsReader(
      Path file, FileChannel channel, SafetensorsHeader header, long dataStart) {
    this.file = file;
    this.channel = channel;
    this.header = header;
    this.dataStart = dataStart;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws DamagedFile naming the file, the tensor and its byte range, where it is not what the
   *     format asks for
   * @throws IOException naming the file and why it cannot be read
   */
  public static SafetensorsReader open(Path file) throws IOException {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        return open(file, channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (DamagedFile e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("Cannot read " + file + ": " + IoFailure.of(e) + ".", e);
    }
  }

  private static SafetensorsReader open(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw new DamagedFile(
          file, "it is " + size + " bytes long, too short for the length of a header");
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, channel, length, 0);
    long headerBytes = length.getLong();
    if (headerBytes < 0 || headerBytes > Math.min(size - 8, SafetensorsHeader.LARGEST)) {
      throw new DamagedFile(
          file,
          "its header claims "
              + Long.toUnsignedString(headerBytes)
              + " bytes, but "
              + Math.min(size - 8, SafetensorsHeader.LARGEST)
              + " is the most there can be; it is cut off or no safetensors file");
    }
    ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
    readFully(file, channel, json, 8);
    long dataStart = 8 + headerBytes;
    SafetensorsHeader header = SafetensorsHeader.parse(file, json.array(), size - dataStart);
    return new SafetensorsReader(file, channel, header, dataStart);
  }

  /** What the file holds, by name. */
  public SortedMap<String, StoredTensor> tensors() {
    return header.tensors();
  }

  /** The texts that the file's writer added, such as {@code format=pt}. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * Reads one tensor into a new array of that manager, on its device: float32 where the file has
   * float16 or bfloat16, else the type of the file.
   *
   * @throws InvalidSettings where there is no such tensor, or the engine has no such type
   */
  public NDArray load(String name, NDManager manager) throws IOException {
    StoredTensor tensor = tensor(name);
    DataType type = tensor.type().loaded();
    if (type == null) {
      throw new InvalidSettings(
          file + ": tensor \"" + name + "\" is of type " + tensor.type() + ", which no array has.");
    }
    NDArray array = manager.create(tensor.shape(), type);
    try {
      fill(array, tensor);
    } catch (IOException | RuntimeException e) {
      array.close();
      throw e;
    }
    return array;
  }

  /**
   * Reads one tensor into an array that exists, in place; float16 and bfloat16 may go into float32.
   *
   * @throws InvalidSettings where there is no such tensor, or its shape or type is another; the
   *     array is unchanged
   */
  public void read(String name, NDArray target) throws IOException {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    addMisfit(tensor(name), target, problems);
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    fill(target, tensor(name));
  }

  /**
   * Reads all tensors into the arrays of those names, in place.
   *
   * @throws InvalidSettings where names, shapes or types differ, saying all that does; every array
   *     is unchanged
   * @throws IOException where a tensor cannot be read; those before it have been
   */
  public void readAll(Map<String, NDArray> targets) throws IOException {
    List<InvalidSettings.Problem> problems = misfits(targets);
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    for (Map.Entry<String, NDArray> target : targets.entrySet()) {
      fill(target.getValue(), tensor(target.getKey()));
    }
  }

  /** What keeps {@link #readAll} from these arrays; empty where nothing does. */
  public List<InvalidSettings.Problem> misfits(Map<String, NDArray> targets) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    addNames(problems, "lacks", targets.keySet(), tensors().keySet());
    addNames(problems, "has left over", tensors().keySet(), targets.keySet());
    for (StoredTensor tensor : tensors().values()) {
      NDArray target = targets.get(tensor.name());
      if (target != null) {
        addMisfit(tensor, target, problems);
      }
    }
    return problems;
  }

  private void addNames(
      List<InvalidSettings.Problem> problems,
      String verb,
      Iterable<String> names,
      Set<String> others) {
    TreeSet<String> only = new TreeSet<>();
    names.forEach(only::add);
    only.removeAll(others);
    if (!only.isEmpty()) {
      problems.add(
          new InvalidSettings.Problem("", file + " " + verb + ": " + String.join(", ", only)));
    }
  }

  private void addMisfit(
      StoredTensor tensor, NDArray target, List<InvalidSettings.Problem> problems) {
    if (!tensor.shape().equals(target.getShape()) || !tensor.type().fits(target.getDataType())) {
      problems.add(
          new InvalidSettings.Problem(
              "",
              file
                  + ": "
                  + tensor.name()
                  + " is "
                  + tensor.type()
                  + tensor.shape()
                  + ", but "
                  + target.getDataType()
                  + target.getShape()
                  + " is wanted"));
    }
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors().get(name);
    if (tensor == null) {
      throw new InvalidSettings(
          file
              + " has no tensor \""
              + name
              + "\"; it has: "
              + String.join(", ", tensors().keySet()));
    }
    return tensor;
  }

  private void fill(NDArray target, StoredTensor tensor) throws IOException {
    boolean widens = tensor.type().widensTo(target.getDataType());
    Position position = new Position(tensor);
    new TensorBytes()
        .<IOException>fill(
            target, count -> widens ? widened(position, count) : plain(position, count));
  }

  /** Passes on the bytes that an array read from this tensor has. */
  public void send(StoredTensor tensor, TensorBytes.Sink<IOException> sink) throws IOException {
    boolean widens = tensor.type().widensTo(DataType.FLOAT32);
    Position position = new Position(tensor);
    long left = widens ? 2 * tensor.bytes() : tensor.bytes();
    while (left > 0) {
      int count = (int) Math.min(left, TensorBytes.PIECE);
      sink.accept(widens ? widened(position, count) : plain(position, count));
      left -= count;
    }
  }

  private ByteBuffer plain(Position position, int count) throws IOException {
    ByteBuffer bytes = staging(count);
    position.read(bytes);
    return bytes;
  }

  private ByteBuffer widened(Position position, int count) throws IOException {
    if (halves.capacity() < count / 2) {
      halves = ByteBuffer.allocate(count / 2).order(ByteOrder.LITTLE_ENDIAN);
    }
    position.read(halves.clear().limit(count / 2));
    ByteBuffer floats = staging(count);
    HalfFloats.widen(position.tensor.type(), halves, floats);
    return floats.flip();
  }

  private ByteBuffer staging(int count) {
    if (staging.capacity() < count) {
      staging = ByteBuffer.allocateDirect(count).order(ByteOrder.LITTLE_ENDIAN);
    }
    return staging.clear().limit(count);
  }

  /** How far the reading of one tensor has come. */
  private final class Position {
    private final StoredTensor tensor;
    private long next;

    Position(StoredTensor tensor) {
      this.tensor = tensor;
      this.next = dataStart + tensor.begin();
    }

    /** Fills the buffer and makes it ready to be read. */
    void read(ByteBuffer bytes) throws IOException {
      int count = bytes.remaining();
      try {
        readFully(file, channel, bytes, next);
      } catch (DamagedFile e) {
        throw new DamagedFile(
            file, SafetensorsHeader.range(tensor) + " cannot be read, the file has become shorter");
      } catch (IOException e) {
        throw new IOException(
            "Cannot read "
                + file
                + ", "
                + SafetensorsHeader.range(tensor)
                + ": "
                + IoFailure.of(e)
                + ".",
            e);
      }
      next += count;
    }
  }

  private static void readFully(Path file, FileChannel channel, ByteBuffer bytes, long from)
      throws IOException {
    int start = bytes.position();
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, from + bytes.position() - start) < 0) {
        throw new DamagedFile(file, "it ends too early");
      }
    }
    bytes.position(start);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
