package dev.counterpoint.runner.rendezvous;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What happened at a gate, a word or two each.
 *
 * @param told in its order; may be waited for
 */
record RecordedEvents(BlockingQueue<String> told) implements GateEvents {
  RecordedEvents() {
    this(new LinkedBlockingQueue<>());
  }

  @Override
  public void begun() {
    told.add("begun");
  }

  @Override
  public void missing(List<Integer> ranks) {
    told.add("missing " + ranks);
  }

  @Override
  public void failed(int rank) {
    told.add("failed " + rank);
  }

  @Override
  public void lost(int rank, boolean silent) {
    told.add("lost " + rank + (silent ? " silent" : ""));
  }
}
