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
 * Tracker of the ring of one attempt: connects its processes, and counts them when they leave. Each
 * attempt needs a new tracker, since a native tracker that has served one ring miscounts the next.
 * A complete ring continues to work if its tracker dies.
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
   * Loads the native library of the ring, so that an unsupported machine fails before other
   * processes wait for it.
   *
   * @throws InvalidSettings if it cannot be loaded, with the reason
   */
  public static void load() {
    RingLibrary.load();
  }

  /**
   * Starts to listen.
   *
   * @param host an address of this machine that all ranks can reach; the tracker binds to it only
   * @param port 0 for any free port
   * @param worldSize number of processes
   * @param joinDeadline maximum time until all processes have joined; whole seconds
   * @throws InvalidSettings if the port is not available
   */
  public static RingTracker start(String host, int port, int worldSize, Duration joinDeadline) {
    ObjectNode config = JSON.createObjectNode();
    config.put("dmlc_communicator", "rabit").put("host", host).put("port", port);
    config.put("n_workers", worldSize).put("timeout", joinDeadline.toSeconds());
    config.put("sortby", 1); // by task id, on any number of machines
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
        ("The ring's tracker cannot listen on %s%s: %s. Choose another port, or 0 for any"
                + " free one.")
            .formatted(host, port == 0 ? "" : ":" + port, NativeRing.lastError()));
  }

  private static int portIn(String arguments) {
    try {
      JsonNode port = JSON.readTree(arguments).path("dmlc_tracker_port");
      return Integer.parseInt(port.asText());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port of the tracker. */
  public int port() {
    return port;
  }

  /**
   * Waits until all processes have joined and left again. A process that dies never leaves; then
   * the launcher calls {@link #close}.
   *
   * @throws UncheckedIOException if not all processes joined within the deadline, or the tracker
   *     was closed
   */
  public void await() {
    if (NativeRing.XGTrackerWaitFor(tracker, "{}") != 0) {
      throw new UncheckedIOException(
          new IOException("The ring's tracker gave up: " + NativeRing.lastError()));
    }
  }

  /** Stops listening. A complete ring is not affected. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeRing.XGTrackerFree(tracker);
    }
  }
}
