package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Size and normalization of the images that a model is built for.
 *
 * @param channels 1 for gray images, 3 for red, green and blue
 * @param height rows of pixels
 * @param width columns of pixels
 * @param mean the mean of each channel, in units of the largest value of a pixel: 0 to 1
 * @param deviation the standard deviation of each channel, in the same units
 */
public record ImageSpec(
    int channels, int height, int width, List<Double> mean, List<Double> deviation) {
  /** The largest height and width. */
  public static final int MAX_SIZE = 4096;

  public ImageSpec {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    Checks checks =
        new Checks()
            .that(channels == 1 || channels == 3, "channels", channels, "must be 1 or 3")
            .size("height", height, MAX_SIZE)
            .size("width", width, MAX_SIZE)
            .that(mean.size() == channels, "mean", mean, "must have one number per channel")
            .that(
                deviation.size() == channels,
                "deviation",
                deviation,
                "must have one number per channel");
    mean.forEach(value -> checks.within("mean", value, 0, 1));
    deviation.forEach(value -> checks.positive("deviation", value));
    checks.verify();
  }
}
