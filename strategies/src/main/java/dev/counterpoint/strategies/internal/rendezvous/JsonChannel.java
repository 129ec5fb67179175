package dev.counterpoint.strategies.internal.rendezvous;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Predicate;

/** JSON objects over an authenticated connection. One thread reads; any thread may send. */
record JsonChannel(AuthenticatedConnection connection) implements Closeable {
  /** The name of the protocol in the handshake. */
  static final String PROTOCOL = "rendezvous";

  private static final JsonMapper JSON = new JsonMapper();
  private static final String TYPE = "type";
  private static final String CONTENT = "content";

  static ObjectNode message(String type) {
    return JSON.createObjectNode().put(TYPE, type);
  }

  /** A message with the components of a record. */
  static ObjectNode message(String type, Record content) {
    ObjectNode message = message(type);
    message.set(CONTENT, JSON.valueToTree(content));
    return message;
  }

  /**
   * The record of a message.
   *
   * @throws IOException if it is not of that type
   */
  static <T extends Record> T content(JsonNode message, Class<T> type) throws IOException {
    return JSON.treeToValue(message.path(CONTENT), type);
  }

  /** The type of a message; empty if it has none. */
  static String type(JsonNode message) {
    return message.path(TYPE).asText("");
  }

  /**
   * Waits for the next message.
   *
   * @return empty if no byte was received for a turn
   */
  Optional<JsonNode> read() throws IOException {
    return connection.read().map(JsonChannel::parse);
  }

  /**
   * As {@link AuthenticatedConnection#listen}.
   *
   * @param handler receives each message, and returns whether it was the last
   */
  AuthenticatedConnection.Ending listen(Predicate<JsonNode> handler) {
    return connection.listen(Timing.SILENT_TURNS, message -> handler.test(parse(message)));
  }

  /** Parses a message; text that is not JSON becomes a message without a type. */
  private static JsonNode parse(byte[] message) {
    try {
      return JSON.readTree(message);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    } catch (IOException e) {
      throw new IllegalStateException(e); // There is no input or output.
    }
  }

  void send(JsonNode message) throws IOException {
    connection.send(JSON.writeValueAsBytes(message));
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
