package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.parameter.Seeds;

/**
 * Random changes of training images.
 *
 * @param flip whether half of the images are mirrored left to right
 * @param crop the largest shift in pixels, as {@code torchvision.transforms.RandomCrop} with this
 *     padding of black pixels
 * @param seed the seed of the run
 */
record Augmentation(boolean flip, int crop, long seed) {
  static final Augmentation NONE = new Augmentation(false, 0, 0);

  /**
   * Change of one image.
   *
   * @param down rows, and {@code right} columns, by which the image is shifted
   */
  record Change(boolean flip, int down, int right) {
    static final Change NONE = new Change(false, 0, 0);
  }

  /** The change of an image in an epoch. */
  Change change(long epoch, long index) {
    long range = 2L * crop + 1;
    long down = Math.floorMod(Seeds.of(seed, epoch, index, 0), range) - crop;
    long right = Math.floorMod(Seeds.of(seed, epoch, index, 1), range) - crop;
    boolean mirrored = flip && (Seeds.of(seed, epoch, index, 2) & 1) == 1;
    return new Change(mirrored, (int) down, (int) right);
  }
}
