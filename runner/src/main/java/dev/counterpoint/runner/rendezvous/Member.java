package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A rank that has come to the gate: its connection, and what it has said so far. */
final class Member {
  private final Hello hello;
  private final Wire wire;
  private @Nullable Facts facts;
  private @Nullable Boolean seen;
  private boolean left;

  Member(Hello hello, Wire wire) {
    this.hello = hello;
    this.wire = wire;
  }

  Hello hello() {
    return hello;
  }

  int rank() {
    return hello.rank();
  }

  /** As {@code Rank 1 (process 4711 on 127.0.0.1)}. */
  String name() {
    return "Rank " + rank() + " (process " + hello.process() + " on " + wire.host() + ")";
  }

  void has(Facts all) {
    facts = all;
  }

  boolean hasSaidWhatItHas() {
    return facts != null;
  }

  Facts facts() {
    return Objects.requireNonNull(facts);
  }

  void sees(boolean file) {
    seen = file;
  }

  boolean hasLooked() {
    return seen != null;
  }

  boolean isBlind() {
    return !Boolean.TRUE.equals(seen);
  }

  void leave() {
    left = true;
  }

  boolean hasLeft() {
    return left;
  }

  /**
   * Hears it until it is gone, or has said its last word, or says nothing any more.
   *
   * @param taken told each message; says whether it was the last
   * @return whether it fell silent
   */
  boolean listen(Predicate<JsonNode> taken) {
    int silent = 0;
    try {
      while (silent < Timing.SILENT_TURNS) {
        Optional<JsonNode> message = wire.read();
        silent = message.isPresent() ? 0 : silent + 1;
        if (message.isPresent() && taken.test(message.get())) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // It is gone.
    }
  }

  /** Whether it is there is found out by listening to it. */
  void send(JsonNode message) {
    try {
      wire.send(message);
    } catch (IOException e) {
      // See above.
    }
  }

  void refuse(String why) {
    send(Wire.message("refused").put("why", why));
  }

  void disconnect() {
    try {
      wire.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
