package dev.counterpoint.core.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes valid and invalid safetensors files byte by byte. */
public final class SafetensorsFiles {
  private SafetensorsFiles() {}

  /** Writes a file with this header, encoded in UTF-8, and this data. */
  public static Path write(Path directory, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return write(directory, json.length, json, data);
  }

  public static Path write(Path directory, long claimedLength, byte[] json, byte[] data)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(claimedLength).put(json).put(data);
    return Files.write(directory.resolve("by-hand.safetensors"), bytes.array());
  }

  public static byte[] shorts(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return bytes.array();
  }
}
