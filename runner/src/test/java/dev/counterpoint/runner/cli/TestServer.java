package dev.counterpoint.runner.cli;

import java.io.IOException;

/** A server on the loopback interface, which tests pause, stop and restart. */
interface TestServer extends AutoCloseable {
  /** Sends a signal to all of its processes. */
  void signal(String signal) throws IOException, InterruptedException;

  /** Stops the server; its data are kept. */
  void stop() throws IOException, InterruptedException;

  /** Starts the server again. */
  void restart() throws IOException;

  /** The content of a file for {@code --store}, which refers to the password in a file secret. */
  String storeFile();

  static void signal(long pid, String signal) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
  }
}
