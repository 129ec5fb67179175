package dev.counterpoint.tasks.imageclassification;

import java.util.List;

/**
 * Normalization of the channels: pixels are divided by 255, the mean is subtracted, and the result
 * divided by the deviation, as by {@code torchvision.transforms.Normalize}.
 *
 * @param mean one number from 0 to 1 per channel
 * @param deviation one number per channel, in the same units
 */
public record Normalization(List<Double> mean, List<Double> deviation) {
  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
  }
}
