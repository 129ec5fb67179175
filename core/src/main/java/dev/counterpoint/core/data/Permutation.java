package dev.counterpoint.core.data;

import dev.counterpoint.core.parameter.Seeds;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * A shuffle of the numbers below a size that holds no table: the swap-or-not shuffle of Hoang,
 * Morris and Rogaway, "An Enciphering Scheme Based on a Card Shuffle" (2012), figure 1. Each round
 * pairs the numbers as x and k - x (mod size) and lets a bit of the pair's own say whether the two
 * change places.
 *
 * <p>A Feistel network with cycle walking (Black and Rogaway 2002) takes fewer rounds, but of a few
 * items it hardly ever makes an odd permutation; here all orders are equally likely. The bits are
 * {@link Seeds}, which is no cipher: the order is well mixed, not secret.
 */
final class Permutation implements LongUnaryOperator {
  /** Two items are tied to each other still with probability 2^-64. */
  private static final int ROUNDS = 64;

  private final long size;
  private final long[] pairings;
  private final long key;

  private Permutation(long size, long key) {
    this.size = size;
    this.key = key;
    pairings =
        LongStream.range(0, size == 0 ? 0 : ROUNDS)
            .map(round -> Math.floorMod(Seeds.of(key, round), size))
            .toArray();
  }

  static Permutation of(long size, long seed, long... place) {
    return new Permutation(size, Seeds.of(seed, place));
  }

  @Override
  public long applyAsLong(long position) {
    long number = position;
    for (int round = 0; round < pairings.length; round++) {
      long partner = Math.floorMod(pairings[round] - number, size);
      if ((Seeds.of(key + round, Math.max(number, partner)) & 1) == 1) {
        number = partner;
      }
    }
    return number;
  }
}
