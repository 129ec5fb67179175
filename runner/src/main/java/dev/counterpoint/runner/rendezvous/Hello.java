package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Who comes to the gate.
 *
 * @param rank from 0
 * @param world ranks altogether, as this one was told
 * @param process its number on its machine
 */
public record Hello(int rank, int world, long process) {
  static final String TYPE = "hello";

  /** This process. */
  public static Hello of(int rank, int world) {
    return new Hello(rank, world, ProcessHandle.current().pid());
  }

  ObjectNode toMessage() {
    return Wire.message(TYPE).put("rank", rank).put("world", world).put("process", process);
  }

  static Hello read(JsonNode message) {
    return new Hello(
        message.path("rank").asInt(-1),
        message.path("world").asInt(-1),
        message.path("process").asLong(-1));
  }
}
