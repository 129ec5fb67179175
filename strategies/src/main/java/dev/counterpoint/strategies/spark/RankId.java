package dev.counterpoint.strategies.spark;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * One attempt of a rank.
 *
 * @param rank from 0
 * @param attempt from 0
 * @param host of the executor
 */
record RankId(int rank, int attempt, String host) {
  void write(DataOutput out) throws IOException {
    out.writeInt(rank);
    out.writeInt(attempt);
    out.writeUTF(host);
  }

  static RankId read(DataInput in) throws IOException {
    return new RankId(in.readInt(), in.readInt(), in.readUTF());
  }

  @Override
  public String toString() {
    return "rank " + rank + " on " + host;
  }
}
