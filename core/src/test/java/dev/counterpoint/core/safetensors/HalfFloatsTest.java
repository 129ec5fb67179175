package dev.counterpoint.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class HalfFloatsTest {
  @Test
  void float16ConversionEqualsNumpyForAllValues() {
    ByteBuffer floats = widenAll(StoredType.F16);

    // hashlib.sha256(np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32))
    assertThat(sha256(floats))
        .isEqualTo("f4fdd084f85448d28c84f20fabf4022ba938e40b7f382d2727dec6f41ac6267a");
  }

  @Test
  void bfloat16IsTheUpperHalfOfAFloat() {
    ByteBuffer floats = widenAll(StoredType.BF16);

    assertThat(floats.getFloat(4 * 0x3f80)).isEqualTo(1f);
    assertThat(floats.getFloat(4 * 0xc049)).isEqualTo(-3.140625f);
    assertThat(floats.getInt(4 * 0xffff)).isEqualTo(0xffff0000);
  }

  private static ByteBuffer widenAll(StoredType type) {
    ByteBuffer halves = ByteBuffer.allocate(2 * 65536).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < 65536; bits++) {
      halves.putShort((short) bits);
    }
    ByteBuffer floats = ByteBuffer.allocate(4 * 65536).order(ByteOrder.LITTLE_ENDIAN);
    HalfFloats.widen(type, halves.flip(), floats);
    return floats.flip();
  }

  private static String sha256(ByteBuffer bytes) {
    var digest = Sha256.begin();
    digest.update(bytes);
    return Sha256.hex(digest);
  }
}
