package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Processes that take the same steps together: each is told in lines of JSON how many to take, and
 * answers with the seconds that each took.
 */
final class Team implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final String name;
  private final List<Process> processes;
  private final List<BufferedReader> answers = new ArrayList<>();

  Team(String name, List<Process> processes) {
    this.name = name;
    this.processes = processes;
    processes.forEach(each -> answers.add(each.inputReader(StandardCharsets.UTF_8)));
  }

  String name() {
    return name;
  }

  /** Tells each process something of its own, and waits until all have answered. */
  List<JsonNode> ask(List<ObjectNode> requests) throws IOException {
    for (int i = 0; i < processes.size(); i++) {
      String line = requests.get(i) + "\n";
      processes.get(i).getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
      processes.get(i).getOutputStream().flush();
    }
    List<JsonNode> said = new ArrayList<>();
    for (BufferedReader each : answers) {
      String line = each.readLine();
      if (line == null) {
        throw new IOException("A process of \"" + name + "\" has ended.");
      }
      said.add(JSON.readTree(line));
    }
    return said;
  }

  /**
   * Takes some steps.
   *
   * @param warmUp steps before those that count
   * @return seconds a step, in the slowest process
   */
  double train(int warmUp, int steps) throws IOException {
    ObjectNode request = JSON.createObjectNode().put("steps", warmUp + steps);
    double slowest = 0;
    for (JsonNode answer : ask(processes.stream().map(process -> request).toList())) {
      double sum =
          answer.path("seconds").valueStream().skip(warmUp).mapToDouble(JsonNode::asDouble).sum();
      slowest = Math.max(slowest, sum / steps);
    }
    return slowest;
  }

  @Override
  public void close() {
    processes.forEach(Process::destroy);
  }
}
