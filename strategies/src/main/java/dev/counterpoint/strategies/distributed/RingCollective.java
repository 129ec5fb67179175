package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.training.Collective;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The ring of XGBoost's native collective ("Rabit"), over TCP. An error of it cannot be mended in
 * the process: it says on one line of standard error what happened and ends with exit code {@link
 * #LOST}, and whoever started it begins again from a checkpoint.
 */
public final class RingCollective implements Collective {
  /** The exit code of a process that has lost the others. */
  public static final int LOST = 75;

  private RingCollective() {}

  /** Joins the ring, and waits for the others. It ends the process where that fails. */
  public static RingCollective join(Membership membership) {
    throw new UnsupportedOperationException(membership.toString());
  }

  @Override
  public int rank() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int world() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void sum(ByteBuffer numbers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void broadcast(ByteBuffer bytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<byte[]> gather(byte[] own) {
    throw new UnsupportedOperationException();
  }

  /** Leaves the ring when all do. */
  @Override
  public void close() {}
}
