package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import java.time.Duration;
import java.util.List;

/** What is started as a rank and as the tracker. */
interface Programs {
  /** The command of a rank; where and which it is, its environment tells. */
  List<String> rank(int rank);

  /** The command of the tracker. */
  List<String> tracker(Address at, int world, Duration deadline);
}
