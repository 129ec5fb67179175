package dev.counterpoint.runner.spark;

/**
 * Who speaks on a line to the driver.
 *
 * @param rank from 0
 * @param attempt from 0
 * @param host without blanks
 */
record RankId(int rank, int attempt, String host) {
  @Override
  public String toString() {
    return "rank " + rank + " on " + host;
  }

  String toLine() {
    return rank + " " + attempt + " " + host;
  }

  static RankId ofLine(String line) {
    String[] words = line.split(" ", 3);
    if (words.length < 3) {
      throw new IllegalArgumentException(line);
    }
    return new RankId(Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[2]);
  }
}
