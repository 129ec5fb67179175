package dev.counterpoint.models.image;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;

/**
 * Settings of a convolutional network.
 *
 * @param widths channels of each stage; each stage after the first has half of the height and width
 *     of the one before it
 * @param convolutions number of convolutions of each stage
 * @param kernel height and width of the kernels, an odd number
 * @param groups groups of channels that are normalized together; divides all widths
 * @param dropout dropout probability before the last layer
 */
public record ConvNetConfig(
    List<Integer> widths, int convolutions, int kernel, int groups, double dropout)
    implements ModelConfig {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1000;
  private static final int MAX_KERNEL = 31;

  public ConvNetConfig {
    widths = List.copyOf(widths);
    Checks checks =
        new Checks()
            .that(!widths.isEmpty(), "widths", widths, "must have at least one number")
            .size("convolutions", convolutions, MAX_LAYERS)
            .within("kernel", kernel, 1, MAX_KERNEL)
            .that(kernel % 2 == 1, "kernel", kernel, "must be odd")
            .below("dropout", dropout, 0, 1);
    widths.forEach(
        width -> checks.size("widths", width, MAX_WIDTH).divides("groups", groups, "width", width));
    checks.verify();
  }

  /** Three stages of two convolutions. */
  public static ConvNetConfig defaults() {
    return new ConvNetConfig(List.of(16, 32, 64), 2, 3, 8, 0.1);
  }

  @Override
  public BaseModel build(DataSpec data) {
    ImageSpec image = image(data, "convnet");
    if (Math.min(image.height(), image.width()) >> (widths.size() - 1) < 1) {
      throw new InvalidSettings(
          "The model convnet halves the images in each of its %s stages; images of %s x %s pixels are too small.",
          widths.size(), image.height(), image.width());
    }
    return new ConvNetModel(this, image, data);
  }

  /**
   * The images of the data.
   *
   * @throws InvalidSettings if the data has none
   */
  static ImageSpec image(DataSpec data, String model) {
    if (data.image() == null) {
      throw new InvalidSettings(
          "The model %s reads images; this data has none. Use data of type image-classification.",
          model);
    }
    return data.image();
  }
}
