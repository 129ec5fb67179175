package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Reads tensors from a safetensors file. The complete header is validated when the file is opened;
 * tensors are streamed in chunks, so the file is never loaded as a whole. Not thread-safe.
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
   * Opens a file and validates its header.
   *
   * @throws DamagedFile if the file does not exist or violates the format; the message names the
   *     file, the tensor and its byte range
   * @throws IOException if the file cannot be read; the message names the file and the reason
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
    } catch (NoSuchFileException e) {
      throw new DamagedFile(file, "it does not exist");
    } catch (IOException e) {
      throw IoFailure.ofRead(file, e);
    }
  }

  private static SafetensorsReader open(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw new DamagedFile(
          file, "it is only " + size + " bytes long, but a header needs at least 8");
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, channel, length, 0);
    long headerBytes = length.getLong();
    if (headerBytes < 0 || headerBytes > Math.min(size - 8, SafetensorsHeader.MAX_BYTES)) {
      throw new DamagedFile(
          file,
          Formats.of(
              "its header length is %s bytes, but at most %s are possible; the file is truncated"
                  + " or not a safetensors file",
              Long.toUnsignedString(headerBytes), Math.min(size - 8, SafetensorsHeader.MAX_BYTES)));
    }
    ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
    readFully(file, channel, json, 8);
    long dataStart = 8 + headerBytes;
    SafetensorsHeader header = SafetensorsHeader.parse(file, json.array(), size - dataStart);
    return new SafetensorsReader(file, channel, header, dataStart);
  }

  /** The tensors of the file by name. */
  public SortedMap<String, StoredTensor> tensors() {
    return header.tensors();
  }

  /**
   * Reads one tensor into a new array on the manager's device. The array has the file's type,
   * except that float16 and bfloat16 become float32.
   *
   * @throws InvalidSettings if the file has no tensor of that name, or the engine does not support
   *     its type
   */
  public NDArray load(String name, NDManager manager) throws IOException {
    StoredTensor tensor = tensor(name);
    DataType type = tensor.type().loaded();
    if (type == null) {
      throw new InvalidSettings(
          "%s: tensor \"%s\" is of type %s, which the engine does not support.",
          file, name, tensor.type());
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
   * Reads one tensor into an existing array, in place. float16 and bfloat16 may be read into
   * float32.
   *
   * @throws InvalidSettings if the file has no tensor of that name, or its shape or type differs;
   *     the array is unchanged
   */
  public void read(String name, NDArray target) throws IOException {
    fill(target, fitting(name, Form.of(target)));
  }

  /**
   * Checks that {@link #read} would succeed for a float32 array of this shape.
   *
   * @throws InvalidSettings if the file has no tensor of that name, or its shape or type differs
   */
  public void requireShape(String name, Shape shape) {
    fitting(name, new Form(shape, DataType.FLOAT32));
  }

  private StoredTensor fitting(String name, Form form) {
    StoredTensor tensor = tensor(name);
    if (!form.fits(tensor)) {
      throw new InvalidSettings(List.of(mismatch(tensor, form)));
    }
    return tensor;
  }

  /**
   * Reads all tensors into the arrays of the same names, in place.
   *
   * @throws InvalidSettings if names, shapes or types differ; the message lists every difference
   *     and all arrays are unchanged
   * @throws IOException if a tensor cannot be read; earlier arrays have then been overwritten
   */
  public void readAll(Map<String, NDArray> targets) throws IOException {
    InvalidSettings.requireNone(mismatches(targets));
    for (Map.Entry<String, NDArray> target : targets.entrySet()) {
      fill(target.getValue(), tensor(target.getKey()));
    }
  }

  /**
   * The mismatches between the file and these arrays, for which {@link #readAll} would fail; empty
   * if it would succeed.
   */
  public List<InvalidSettings.Problem> mismatches(Map<String, NDArray> targets) {
    Map<String, Form> forms = new HashMap<>();
    targets.forEach((name, array) -> forms.put(name, Form.of(array)));
    return problems(forms);
  }

  /**
   * Checks that {@link #readAll} would succeed for float32 arrays of these shapes, before memory is
   * allocated for them.
   *
   * @throws InvalidSettings if names, shapes or types differ; the message lists every difference
   */
  public void requireShapes(Map<String, Shape> targets) {
    Map<String, Form> forms = new HashMap<>();
    targets.forEach((name, shape) -> forms.put(name, new Form(shape, DataType.FLOAT32)));
    InvalidSettings.requireNone(problems(forms));
  }

  private List<InvalidSettings.Problem> problems(Map<String, Form> targets) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    addNames(problems, "lacks", targets.keySet(), tensors().keySet());
    addNames(problems, "has unexpected tensors", tensors().keySet(), targets.keySet());
    for (StoredTensor tensor : tensors().values()) {
      Form target = targets.get(tensor.name());
      if (target != null && !target.fits(tensor)) {
        problems.add(mismatch(tensor, target));
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

  /** The shape and type of an array. */
  private record Form(Shape shape, DataType type) {
    static Form of(NDArray array) {
      return new Form(array.getShape(), array.getDataType());
    }

    boolean fits(StoredTensor tensor) {
      return tensor.shape().equals(shape) && tensor.type().fits(type);
    }
  }

  private InvalidSettings.Problem mismatch(StoredTensor tensor, Form target) {
    return new InvalidSettings.Problem(
        "",
        Formats.of(
            "%s: %s is %s%s, but %s%s is expected",
            file, tensor.name(), tensor.type(), tensor.shape(), target.type(), target.shape()));
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors().get(name);
    if (tensor == null) {
      throw new InvalidSettings(
          "%s does not contain a tensor \"%s\". Available: %s",
          file, name, String.join(", ", tensors().keySet()));
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

  /**
   * Streams a tensor's values to a sink, in row-major order and little-endian. float16 and bfloat16
   * are sent as float32, as {@link #load} returns them.
   */
  public void send(StoredTensor tensor, TensorBytes.Sink<IOException> sink) throws IOException {
    boolean widens = tensor.type().widensTo(DataType.FLOAT32);
    Position position = new Position(tensor);
    long remaining = widens ? 2 * tensor.bytes() : tensor.bytes();
    while (remaining > 0) {
      int count = (int) Math.min(remaining, TensorBytes.CHUNK);
      sink.accept(widens ? widened(position, count) : plain(position, count));
      remaining -= count;
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

  /** The read position within one tensor. */
  private final class Position {
    private final StoredTensor tensor;
    private long next;

    Position(StoredTensor tensor) {
      this.tensor = tensor;
      this.next = dataStart + tensor.begin();
    }

    /** Fills the buffer from the file and flips it for reading. */
    void read(ByteBuffer bytes) throws IOException {
      int count = bytes.remaining();
      try {
        readFully(file, channel, bytes, next);
      } catch (DamagedFile e) {
        throw new DamagedFile(
            file,
            SafetensorsHeader.range(tensor)
                + " cannot be read: the file was truncated after it was opened");
      } catch (IOException e) {
        throw new IOException(
            Formats.of(
                "Cannot read %s, %s: %s.", file, SafetensorsHeader.range(tensor), IoFailure.of(e)),
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
        throw new DamagedFile(file, "it is truncated");
      }
    }
    bytes.position(start);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
