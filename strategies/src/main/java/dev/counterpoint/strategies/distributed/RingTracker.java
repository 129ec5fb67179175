package dev.counterpoint.strategies.distributed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * Brings the processes of one attempt together into a ring, and is told when they leave it. Every
 * attempt has one of its own: a native tracker that has served one ring counts the leavings of the
 * next one wrong. The ring goes on when its tracker dies.
 */
public final class RingTracker implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final Pointer tracker;
  private final int port;
  private boolean closed;

  private RingTracker(Pointer tracker, int port) {
    this.tracker = tracker;
    this.port = port;
  }

  /**
   * Loads the native library of the ring, so that a machine that cannot is told before anybody
   * waits for it.
   *
   * @throws InvalidSettings where it cannot, with the reason
   */
  public static void load() {
    RingLibrary.load();
  }

  /**
   * Starts to listen.
   *
   * @param host an address of this machine that all ranks reach; bound to it alone
   * @param port 0 for any that is free
   * @param world processes that will come
   * @param joinDeadline how long it waits until all are there, in whole seconds
   * @throws InvalidSettings where the port cannot be had
   */
  public static RingTracker start(String host, int port, int world, Duration joinDeadline) {
    ObjectNode config = JSON.createObjectNode();
    config.put("dmlc_communicator", "rabit").put("host", host).put("port", port);
    config.put("n_workers", world).put("timeout", joinDeadline.toSeconds());
    config.put("sortby", 1); // by task id, on however many machines the tasks are
    PointerByReference created = new PointerByReference();
    if (NativeRing.XGTrackerCreate(config.toString(), created) != 0) {
      throw refused(host, port);
    }
    Pointer tracker = created.getValue();
    PointerByReference arguments = new PointerByReference();
    if (NativeRing.XGTrackerRun(tracker, "{}") != 0
        || NativeRing.XGTrackerWorkerArgs(tracker, arguments) != 0) {
      InvalidSettings refusal = refused(host, port);
      NativeRing.XGTrackerFree(tracker);
      throw refusal;
    }
    return new RingTracker(tracker, portIn(arguments.getValue().getString(0)));
  }

  private static InvalidSettings refused(String host, int port) {
    return new InvalidSettings(
        "The ring's tracker cannot listen on "
            + host
            + (port == 0 ? "" : ":" + port)
            + ": "
            + NativeRing.lastError()
            + ". Choose another port, or 0 for any that is free.");
  }

  private static int portIn(String arguments) {
    try {
      JsonNode port = JSON.readTree(arguments).path("dmlc_tracker_port");
      return Integer.parseInt(port.asText());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  /**
   * Waits until all processes have joined and left again. One that dies never leaves: whoever
   * notices that ends the waiting with {@link #close}.
   *
   * @throws UncheckedIOException where they did not all come within the deadline, or it was closed
   */
  public void await() {
    if (NativeRing.XGTrackerWaitFor(tracker, "{}") != 0) {
      throw new UncheckedIOException(
          new IOException("The ring's tracker gave up: " + NativeRing.lastError()));
    }
  }

  /** Stops to listen. A ring that stands is not disturbed. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeRing.XGTrackerFree(tracker);
    }
  }
}
