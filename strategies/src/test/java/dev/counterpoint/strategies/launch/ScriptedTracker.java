package dev.counterpoint.strategies.launch;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A tracker that sends given events. */
record ScriptedTracker(Address address) implements Tracker {
  /**
   * Starts a tracker.
   *
   * @param script events and pauses in milliseconds, as {@code 300, failed 1}
   */
  static Tracker start(String script, Consumer<TrackerEvent> events) {
    Thread thread =
        new Thread(
            () ->
                Stream.of(script.split(", "))
                    .filter(each -> !each.isEmpty())
                    .forEach(each -> play(each, events)));
    thread.setDaemon(true);
    thread.start();
    return new ScriptedTracker(new Address("127.0.0.1", 4711));
  }

  private static void play(String each, Consumer<TrackerEvent> events) {
    String[] words = each.split(" ");
    if (words[0].matches("\\d+")) {
      try {
        Thread.sleep(Long.parseLong(words[0]));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return;
    }
    List<Integer> ranks = Arrays.stream(words).skip(1).map(Integer::valueOf).toList();
    events.accept(
        new TrackerEvent(TrackerEvent.Kind.valueOf(words[0].toUpperCase(Locale.ROOT)), ranks));
  }

  @Override
  public void close() {}
}
