package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Messages over a connection, each a JSON object behind its length in 4 bytes. One thread reads;
 * any may send.
 */
final class Wire implements Closeable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int LARGEST = 4 << 20; // bytes: a resolved run file is some thousand
  private static final String TYPE = "type";

  private final Socket socket;
  private final InputStream in;
  private ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES);
  private boolean inBody;

  /**
   * Takes over a connection.
   *
   * @param turnMillis how long a read waits for a byte
   */
  Wire(Socket socket, int turnMillis) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    socket.setSoTimeout(turnMillis);
  }

  static ObjectNode message(String type) {
    return JSON.createObjectNode().put(TYPE, type);
  }

  /** The type of a message; empty where it has none. */
  static String type(JsonNode message) {
    return message.path(TYPE).asText("");
  }

  /**
   * Waits for the next message.
   *
   * @return nothing where no byte came for the time of a turn
   * @throws EOFException where the other side is gone
   */
  Optional<JsonNode> read() throws IOException {
    boolean heard = false;
    while (true) {
      try {
        while (frame.hasRemaining()) {
          int count = in.read(frame.array(), frame.position(), frame.remaining());
          if (count < 0) {
            throw new EOFException("the connection was closed");
          }
          heard = true;
          frame.position(frame.position() + count);
        }
      } catch (SocketTimeoutException silence) {
        if (!heard) {
          return Optional.empty();
        }
        heard = false;
        continue;
      }
      if (inBody) {
        return Optional.of(taken());
      }
      beginBody();
    }
  }

  private void beginBody() throws IOException {
    int length = frame.flip().getInt();
    if (length < 2 || length > LARGEST) {
      throw new IOException("a message of " + length + " bytes is not allowed");
    }
    frame = ByteBuffer.allocate(length);
    inBody = true;
  }

  private JsonNode taken() throws IOException {
    byte[] body = frame.array();
    frame = ByteBuffer.allocate(Integer.BYTES);
    inBody = false;
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new IOException("a message was no JSON", e);
    }
  }

  synchronized void send(JsonNode message) throws IOException {
    byte[] body = JSON.writeValueAsBytes(message);
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + body.length);
    socket.getOutputStream().write(bytes.putInt(body.length).put(body).array());
  }

  /** The address of the other side, without its port. */
  String host() {
    return socket.getInetAddress().getHostAddress();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
