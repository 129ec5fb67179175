package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.distributed.Collective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * One process of a ring, for tests: prints what it gets. Arguments: rank, worldSize, port, task.
 */
final class RingMember {
  private RingMember() {}

  public static void main(String[] arguments) throws InterruptedException {
    int rank = Integer.parseInt(arguments[0]);
    int worldSize = Integer.parseInt(arguments[1]);
    int port = Integer.parseInt(arguments[2]);
    Membership membership =
        new Membership(rank, worldSize, "127.0.0.1", port, Duration.ofSeconds(4));
    try (RingCollective ring = RingCollective.join(membership)) {
      switch (arguments[3]) {
        case "speak" -> speak(ring);
        case "vanish" -> vanish(ring);
        case "hang" -> ring.call("waiting for ever", RingMember::hang);
        default -> throw new IllegalArgumentException(arguments[3]);
      }
    }
  }

  private static void speak(Collective ring) {
    ByteBuffer numbers = ByteBuffer.allocateDirect(4000).order(ByteOrder.nativeOrder());
    for (int i = 0; i < 1000; i++) {
      numbers.putFloat(4 * i, i == 999 ? -0.0f : (ring.rank() + 1) * i);
    }
    ring.allReduce(numbers);
    System.out.println("sum " + numbers.getFloat(0) + " " + numbers.getFloat(4 * 998));
    System.out.println("nothing " + numbers.getFloat(4 * 999));
    numbers.putFloat(0, ring.rank() + 5);
    ring.broadcast(numbers);
    System.out.println("broadcast " + numbers.getFloat(0));
    System.out.println("doubles " + Arrays.toString(ring.allReduce(0.1, ring.rank())));
    String word = "x".repeat(ring.rank() * 300) + ring.rank();
    for (byte[] part : ring.allGather(word.getBytes(StandardCharsets.UTF_8))) {
      System.out.println("gather " + part.length + " " + (char) part[part.length - 1]);
    }
    ring.barrier();
  }

  /** As a native call may where two neighbours die together. */
  private static int hang() {
    try {
      Thread.sleep(Long.MAX_VALUE);
      return 0;
    } catch (InterruptedException e) {
      return 1;
    }
  }

  /** The last rank ends without a word, while the others wait for it. */
  private static void vanish(Collective ring) {
    ring.barrier();
    if (ring.rank() == ring.worldSize() - 1) {
      Runtime.getRuntime().halt(9);
    }
    ring.barrier();
    System.out.println("not reached");
  }
}
