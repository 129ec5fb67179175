package dev.counterpoint.tasks.imageclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PixelsTest {
  @TempDir Path folder;

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void enlargingInterpolatesBetweenTheCentersOfPixels() {
    Pixels image = new Pixels(1, 1, 2, bytes(40, 240));

    assertThat(image.resized(1, 4).values()).isEqualTo(bytes(40, 90, 190, 240));
  }

  @Test
  void reducingWeighsPixelsByATriangle() {
    Pixels image = new Pixels(1, 4, 1, bytes(70, 140, 210, 0)); // weights 3, 3, 1 and 1, 3, 3

    assertThat(image.resized(2, 1).values()).isEqualTo(bytes(120, 110));
  }

  @Test
  void channelsAreResizedSeparately() {
    Pixels image = new Pixels(3, 1, 2, bytes(10, 10, 20, 20, 250, 250));

    assertThat(image.resized(3, 3).values())
        .isEqualTo(
            bytes(
                10, 10, 10, 10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 20, 20, 20, 20, 20, 250, 250,
                250, 250, 250, 250, 250, 250, 250));
  }

  @Test
  void colorsBecomeGrayByTheirBrightness() {
    assertThat(new Pixels(3, 1, 1, bytes(200, 100, 50)).withChannels(1).values())
        .isEqualTo(bytes(124));
    assertThat(new Pixels(1, 1, 1, bytes(200)).withChannels(3).values())
        .isEqualTo(bytes(200, 200, 200));
  }

  @Test
  void colorsOfAPngFileAreExact() throws IOException {
    Path file = new ImageFixtures(folder).image("a.png", 2, 1, 0x0A64C8);

    assertThat(new ImageFile(file).read(3).values()).isEqualTo(bytes(10, 10, 100, 100, 200, 200));
  }

  @ParameterizedTest
  @ValueSource(ints = {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY})
  void grayValuesAreNotConverted(int type) throws IOException {
    BufferedImage image = new BufferedImage(2, 1, type);
    int unit = type == BufferedImage.TYPE_BYTE_GRAY ? 1 : 257;
    image.getRaster().setSample(0, 0, 0, 30 * unit);
    image.getRaster().setSample(1, 0, 0, 200 * unit);
    Path file = folder.resolve("gray.png");
    ImageIO.write(image, "png", file.toFile());

    assertThat(new ImageFile(file).read(1).values()).isEqualTo(bytes(30, 200));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.png", "a.jpg"})
  void aFileThatIsCutShortIsRejected(String name) throws IOException {
    Path file = folder.resolve(name);
    BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      noise.setRGB(i % 64, i / 64, i * 7919 % 0xffffff);
    }
    ImageIO.write(noise, name.substring(2), file.toFile());
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));

    assertThatThrownBy(() -> new ImageFile(file).read(3))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void textIsNotAnImage() throws IOException {
    Path file = Files.writeString(folder.resolve("a.png"), "not an image");

    assertThatThrownBy(() -> new ImageFile(file).read(3))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.toString());
  }
}
