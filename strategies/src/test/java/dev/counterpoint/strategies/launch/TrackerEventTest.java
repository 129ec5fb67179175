package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TrackerEventTest {
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LISTENING")
  void anEventIsParsedAsItWasPrinted(TrackerEvent.Kind kind) {
    TrackerEvent event = TrackerEvent.of(kind, List.of(0, 12));

    assertThat(TrackerEvent.parse(event.toLine())).contains(event);
  }

  @Test
  void anAddressIsParsedAsItWasPrinted() {
    TrackerEvent event = TrackerEvent.listening(new Address("::1", 4711));

    assertThat(TrackerEvent.parse(event.toLine())).contains(event);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a remark", "failed to load", "listening everywhere"})
  void anotherLineIsNotAnEvent(String line) {
    assertThat(TrackerEvent.parse(line)).isEmpty();
  }
}
