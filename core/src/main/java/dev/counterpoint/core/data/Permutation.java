package dev.counterpoint.core.data;

import dev.counterpoint.core.parameter.Seeds;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Pseudo-random permutation of the numbers below a size that needs no table: the swap-or-not
 * shuffle of Hoang, Morris and Rogaway, "An Enciphering Scheme Based on a Card Shuffle" (2012),
 * figure 1. Each round pairs the numbers as x and k - x (mod size), and one pseudo-random bit per
 * pair decides whether the two are swapped.
 *
 * <p>A Feistel network with cycle walking (Black and Rogaway 2002) needs fewer rounds, but for
 * small sizes it rarely yields an odd permutation; here all orders are equally likely. The bits
 * come from {@link Seeds}, which is not a cipher: the order is well mixed, not secret.
 */
final class Permutation implements LongUnaryOperator {
  /** With 64 rounds, two numbers remain correlated with probability 2^-64. */
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

  static Permutation of(long size, long seed, long... path) {
    return new Permutation(size, Seeds.of(seed, path));
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
