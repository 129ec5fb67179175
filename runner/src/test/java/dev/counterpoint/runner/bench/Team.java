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
 * A group of processes that train together. Each receives the number of steps as a line of JSON and
 * answers with the duration of each step in seconds.
 */
final class Team implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final String name;
  private final List<Process> processes;
  private final List<BufferedReader> answers = new ArrayList<>();

  Team(String name, List<Process> processes) {
    this.name = name;
    this.processes = processes;
    processes.forEach(process -> answers.add(process.inputReader(StandardCharsets.UTF_8)));
  }

  String name() {
    return name;
  }

  /** Sends one request to each process and waits for all answers. */
  List<JsonNode> request(List<ObjectNode> requests) throws IOException {
    for (int i = 0; i < processes.size(); i++) {
      String line = requests.get(i) + "\n";
      processes.get(i).getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
      processes.get(i).getOutputStream().flush();
    }
    List<JsonNode> received = new ArrayList<>();
    for (BufferedReader reader : answers) {
      String line = reader.readLine();
      if (line == null) {
        throw new IOException("A process of \"" + name + "\" ended unexpectedly.");
      }
      received.add(JSON.readTree(line));
    }
    return received;
  }

  /**
   * Runs a number of steps.
   *
   * @param warmUp the number of additional steps before, which are not counted
   * @return the mean seconds per step of the slowest process
   */
  double train(int warmUp, int steps) throws IOException {
    ObjectNode request = JSON.createObjectNode().put("steps", warmUp + steps);
    double slowest = 0;
    for (JsonNode answer : request(processes.stream().map(process -> request).toList())) {
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
