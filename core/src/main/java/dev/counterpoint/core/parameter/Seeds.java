package dev.counterpoint.core.parameter;

import java.nio.charset.StandardCharsets;

/**
 * Derives seeds from positions. The same position in the same run always gives the same random
 * numbers, whatever was drawn before, so the generator state need not be saved.
 */
public final class Seeds {
  private Seeds() {}

  /** Derives a seed for a numeric position, such as (step, micro-batch, rank). */
  public static long of(long seed, long... position) {
    long hash = mix(seed + 0x9E3779B97F4A7C15L);
    for (long part : position) {
      hash = mix(hash ^ mix(part + 0x9E3779B97F4A7C15L));
    }
    return hash;
  }

  /** Derives a seed for a named position. */
  public static long of(long seed, String position) {
    long hash = mix(seed + 0x9E3779B97F4A7C15L);
    for (byte part : position.getBytes(StandardCharsets.UTF_8)) {
      hash = mix(hash ^ part);
    }
    return hash;
  }

  /**
   * The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result depends on
   * every bit of the input.
   */
  public static long mix(long bits) {
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return bits ^ (bits >>> 31);
  }
}
