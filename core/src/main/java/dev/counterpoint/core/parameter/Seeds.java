package dev.counterpoint.core.parameter;

import java.nio.charset.StandardCharsets;

/**
 * Seeds as a function of place: the same place of the same run always draws the same numbers,
 * whatever was drawn before, so that nothing of a generator needs saving.
 */
public final class Seeds {
  private Seeds() {}

  /** A seed for a numbered place, as (seed, step, micro-batch, rank). */
  public static long of(long seed, long... place) {
    long hash = mix(seed + 0x9E3779B97F4A7C15L);
    for (long part : place) {
      hash = mix(hash ^ mix(part + 0x9E3779B97F4A7C15L));
    }
    return hash;
  }

  /** A seed for a named place. */
  public static long of(long seed, String place) {
    long hash = mix(seed + 0x9E3779B97F4A7C15L);
    for (byte part : place.getBytes(StandardCharsets.UTF_8)) {
      hash = mix(hash ^ part);
    }
    return hash;
  }

  /**
   * The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result hangs on
   * every bit.
   */
  public static long mix(long bits) {
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return bits ^ (bits >>> 31);
  }
}
