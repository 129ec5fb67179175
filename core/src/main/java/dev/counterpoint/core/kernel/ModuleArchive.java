package dev.counterpoint.core.kernel;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript functions as an archive for {@code torch.jit.load}: a zip file with the source
 * and a pickle of the attributes of the module object.
 */
final class ModuleArchive {
  /**
   * Version of libtorch's file format; an older version would select older semantics of operators.
   */
  private static final String FORMAT = "10\n";

  private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 2, ')', '.'};

  private ModuleArchive() {}

  /**
   * Packs a module.
   *
   * @param functions definitions whose first parameter is {@code self}
   * @param constants attributes of {@code self}: Double, Long, Boolean or String
   */
  static byte[] pack(String functions, SortedMap<String, Object> constants) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      add(zip, "version", FORMAT.getBytes(StandardCharsets.UTF_8));
      add(zip, "constants.pkl", EMPTY_TUPLE);
      add(zip, "data.pkl", pickle(constants));
      add(
          zip,
          "code/__torch__.py",
          classSource(functions, constants).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry("k/" + name));
    zip.write(content);
    zip.closeEntry();
  }

  private static String classSource(String functions, SortedMap<String, Object> constants) {
    String attributes =
        constants.entrySet().stream()
            .map(entry -> entry.getKey() + " : " + type(entry.getValue()) + "\n")
            .collect(Collectors.joining());
    String body = "__parameters__ = []\n__buffers__ = []\ntraining : bool\n" + attributes;
    return "class K(Module):\n" + (body + functions).indent(2);
  }

  private static String type(Object constant) {
    if (constant instanceof Double) {
      return "float";
    } else if (constant instanceof Long) {
      return "int";
    } else if (constant instanceof Boolean) {
      return "bool";
    } else if (constant instanceof String) {
      return "str";
    }
    throw new IllegalArgumentException(
        "Unsupported type of a kernel constant: " + constant.getClass() + ".");
  }

  /** Pickles the module object in protocol 2, with its attributes as the state. */
  private static byte[] pickle(Map<String, Object> constants) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(0x8002);
    out.writeBytes("c__torch__\nK\n)");
    out.writeByte(0x81);
    out.writeBytes("}(");
    writeString(out, "training");
    writeValue(out, true);
    for (Map.Entry<String, Object> constant : constants.entrySet()) {
      writeString(out, constant.getKey());
      writeValue(out, constant.getValue());
    }
    out.writeBytes("ub.");
    return bytes.toByteArray();
  }

  private static void writeValue(DataOutputStream out, Object value) throws IOException {
    if (value instanceof Double number) {
      out.writeByte('G');
      out.writeDouble(number);
    } else if (value instanceof Long number) {
      out.writeShort(0x8a08);
      out.writeLong(Long.reverseBytes(number));
    } else if (value instanceof Boolean flag) {
      out.writeByte(flag ? 0x88 : 0x89);
    } else {
      writeString(out, (String) value);
    }
  }

  private static void writeString(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeByte('X');
    out.writeInt(Integer.reverseBytes(utf8.length));
    out.write(utf8);
  }
}
