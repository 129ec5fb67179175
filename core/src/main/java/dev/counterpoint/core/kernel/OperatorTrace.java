package dev.counterpoint.core.kernel;

import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The native operators of a computation, recorded by libtorch's profiler.
 *
 * @param operators the operators in the order of their begin; an operator that another one calls
 *     follows it
 */
public record OperatorTrace(List<Operator> operators) {
  private static final Map<String, Double> UNITS =
      Map.of("b", 1.0, "Kb", 1024.0, "Mb", 1048576.0, "Gb", 1073741824.0);

  /**
   * A call of an operator.
   *
   * @param name such as {@code aten::mm}
   * @param begin seconds
   * @param end seconds
   * @param bytes the memory that it and the operators it called have allocated, minus what they
   *     have freed, on the CPU; rounded to four digits
   */
  public record Operator(String name, double begin, double end, double bytes) {

    private static Operator of(JsonNode event) {
      double begin = event.path("ts").asDouble() * 1e-6;
      String[] memory = event.path("cpu mem").asText().split(" ", -1);
      return new Operator(
          event.path("name").asText(),
          begin,
          begin + event.path("dur").asDouble() * 1e-6,
          Double.parseDouble(memory[0]) * Objects.requireNonNull(UNITS.get(memory[1])));
    }
  }

  /** Records a computation on this thread. */
  public static OperatorTrace of(Runnable computation) {
    try {
      Path file = Files.createTempFile("operators-", ".json");
      try {
        JniUtils.startProfile(false, false, true);
        try {
          computation.run();
        } finally {
          JniUtils.stopProfile(file.toString());
        }
        List<Operator> operators = new ArrayList<>();
        Json.MAPPER.readTree(file.toFile()).forEach(event -> operators.add(Operator.of(event)));
        operators.sort(
            Comparator.comparingDouble(Operator::begin)
                .thenComparing(Comparator.comparingDouble(Operator::end).reversed()));
        return new OperatorTrace(operators);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The memory that the operators have allocated and not freed, in bytes: after each operator, in
   * the order of their ends. What is freed between operators, as by closing an array, is not
   * observed.
   */
  public double[] memory() {
    double[] memory = new double[operators.size()];
    double now = 0;
    int ended = 0;
    Deque<Operator> open = new ArrayDeque<>();
    Deque<Double> before = new ArrayDeque<>(); // the memory at the begin of each open operator
    for (Operator operator : operators) {
      while (!open.isEmpty() && open.getLast().end() <= operator.begin()) {
        now = before.removeLast() + open.removeLast().bytes();
        memory[ended++] = now;
      }
      open.addLast(operator);
      before.addLast(now);
    }
    while (!open.isEmpty()) {
      memory[ended++] = before.removeLast() + open.removeLast().bytes();
    }
    return memory;
  }
}
