package dev.counterpoint.core.callback.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected frames were computed from the format description by an independent program. */
final class RecordFrameTest {
  private static final String DIGITS =
      "0900000000000000" + "37f97139" + "313233343536373839" + "e5b08ac7";

  @Test
  void aRecordIsFramedByItsLengthAndItsChecksum() {
    assertThat(hex(RecordFrame.of(bytes("123456789")))).isEqualTo(DIGITS);
  }

  @Test
  void anEmptyRecordHasAFrame() {
    assertThat(hex(RecordFrame.of(new byte[0])))
        .isEqualTo("0000000000000000" + "29039807" + "d8ea82a2");
  }

  /** The first twelve bytes of nearly every TensorFlow event file. */
  @Test
  void aLengthOf24HasTheChecksumThatEventFilesBeginWith() {
    assertThat(hex(RecordFrame.of(new byte[24]))).startsWith("1800000000000000a37f4b22");
  }

  @Test
  void readsWrittenRecords() throws IOException {
    byte[] file = HexFormat.of().parseHex(DIGITS);

    assertThat(read(file)).isEqualTo(bytes("123456789"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 11, 12, 13, 20, 21, 24})
  void anIncompleteRecordIsNull(int length) throws IOException {
    byte[] file =
        ByteBuffer.allocate(length).put(HexFormat.of().parseHex(DIGITS), 0, length).array();

    assertThat(read(file)).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 12, 20, 21, 24})
  void aRecordWithAChangedByteIsNull(int place) throws IOException {
    byte[] file = HexFormat.of().parseHex(DIGITS);
    file[place] ^= 4;

    assertThat(read(file)).isNull();
  }

  @Test
  void aLengthBeyondTheFileIsNullEvenIfItsChecksumMatches() throws IOException {
    byte[] huge = RecordFrame.of(new byte[1000]);
    byte[] start =
        ByteBuffer.allocate(500).order(ByteOrder.LITTLE_ENDIAN).put(huge, 0, 500).array();

    assertThat(read(start)).isNull();
  }

  private static byte[] read(byte[] file) throws IOException {
    return RecordFrame.read(new DataInputStream(new ByteArrayInputStream(file)), file.length);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
