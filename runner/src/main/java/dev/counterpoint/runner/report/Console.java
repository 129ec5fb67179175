package dev.counterpoint.runner.report;

import java.io.PrintWriter;

/**
 * Where people read.
 *
 * @param out results
 * @param err progress and remarks
 * @param terminal whether {@code err} is a terminal, so that a line may be written over
 */
public record Console(PrintWriter out, PrintWriter err, boolean terminal) {
  /** The launcher says whether it is a terminal: Java itself can tell only from release 22 on. */
  public static Console of(PrintWriter out, PrintWriter err) {
    return new Console(out, err, Boolean.getBoolean("counterpoint.terminal"));
  }

  /** One line of remarks. */
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  /** One line of results. */
  public void print(String line) {
    out.println(line);
    out.flush();
  }
}
