package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG or JPEG file. Transparency and the orientation of a camera are ignored.
 *
 * @param path the file
 */
record ImageFile(Path path) {
  /** The largest number of pixels that is decoded. */
  private static final long MAX_PIXELS = 100_000_000;

  /** Whether the extension is .png, .jpg or .jpeg. */
  boolean isImage() {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && name.matches(".*\\.(png|jpe?g)");
  }

  /**
   * Reads the image.
   *
   * @param channels 1 for gray, 3 for red, green and blue
   * @throws InvalidSettings if the content is not a complete image
   */
  Pixels read(int channels) throws IOException {
    return decode(Files.readAllBytes(path), path.toString(), channels);
  }

  /**
   * Decodes the content of a file.
   *
   * @param name the name in messages
   */
  static Pixels decode(byte[] bytes, String name, int channels) {
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw damaged(name, "its content is of an unknown type");
      }
      ImageReader reader = readers.next();
      try {
        return pixels(decoded(reader, stream, name)).withChannels(channels);
      } finally {
        reader.dispose();
      }
    } catch (InvalidSettings e) {
      throw e;
    } catch (IOException | RuntimeException e) { // Decoders throw both for damaged content.
      throw damaged(name, String.valueOf(e.getMessage()));
    }
  }

  private static BufferedImage decoded(ImageReader reader, ImageInputStream stream, String name)
      throws IOException {
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
    reader.setInput(stream, true, true);
    if ((long) reader.getWidth(0) * reader.getHeight(0) > MAX_PIXELS) {
      throw damaged(name, Formats.of("it has more than %,d pixels", MAX_PIXELS));
    }
    BufferedImage image = reader.read(0);
    if (warnings.stream().anyMatch(text -> text.startsWith("Truncated"))) {
      throw damaged(name, "it is cut short");
    }
    return image;
  }

  private static InvalidSettings damaged(String name, String problem) {
    return new InvalidSettings("%s is not a complete PNG or JPEG image: %s.", name, problem);
  }

  private static Pixels pixels(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    int plane = height * width;
    // The JDK would convert gray values from a linear color space.
    boolean isGray = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    Raster raster = image.getRaster();
    int largest = (1 << image.getColorModel().getComponentSize(0)) - 1;
    byte[] values = new byte[isGray ? plane : 3 * plane];
    for (int i = 0; i < plane; i++) {
      if (isGray) {
        values[i] = (byte) (raster.getSample(i % width, i / width, 0) * 255L / largest);
      } else {
        int rgb = image.getRGB(i % width, i / width);
        values[i] = (byte) (rgb >> 16);
        values[plane + i] = (byte) (rgb >> 8);
        values[2 * plane + i] = (byte) rgb;
      }
    }
    return new Pixels(isGray ? 1 : 3, height, width, values);
  }
}
