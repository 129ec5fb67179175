package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DriverLineTest {
  private static final RankId RANK = new RankId(1, 2, "node7");

  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private Desk desk;

  @BeforeEach
  void open() throws IOException {
    desk =
        Desk.open(
            InetAddress.getLoopbackAddress(),
            0,
            "secret",
            new Desk.Listener() {
              @Override
              public void begun(RankId rank) {
                heard.add("begun " + rank + ", attempt " + rank.attempt());
              }

              @Override
              public void said(RankId rank, DriverLine.Word word, String text) {
                heard.add(word + " " + text);
              }

              @Override
              public void gone(RankId rank) {
                heard.add("gone");
              }
            });
  }

  @AfterEach
  void close() throws IOException {
    desk.close();
  }

  private DriverLine line(String secret) throws IOException {
    String host = InetAddress.getLoopbackAddress().getHostAddress();
    return DriverLine.open(new DriverLine.Address(host, desk.port(), secret), RANK);
  }

  private static String next(BlockingQueue<String> words) throws InterruptedException {
    return words.poll(30, TimeUnit.SECONDS);
  }

  private DriverLine.Listener listener() {
    return new DriverLine.Listener() {
      @Override
      public void stop(String signal) {
        asked.add(signal);
      }

      @Override
      public void gone() {
        asked.add("gone");
      }
    };
  }

  @Test
  void theDriverHearsWhoSpeaksWhatHeSaysAndThatHeIsGone() throws Exception {
    try (DriverLine line = line("secret")) {
      line.say(DriverLine.Word.OUT, "loss 0.5, äöü");

      assertThat(next(heard)).isEqualTo("begun rank 1 on node7, attempt 2");
      assertThat(next(heard)).isEqualTo("OUT loss 0.5, äöü");
    }
    assertThat(next(heard)).isEqualTo("gone");
  }

  @Test
  void aWrongSecretIsNotHeard() throws Exception {
    try (DriverLine line = line("guess")) {
      line.listen(listener());

      assertThat(next(asked)).isEqualTo("gone");
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void aStopReachesThoseWhoAreHereAndThoseWhoComeLater() throws Exception {
    try (DriverLine first = line("secret")) {
      first.listen(listener());
      next(heard);
      desk.stop("INT");
      assertThat(next(asked)).isEqualTo("INT");
      try (DriverLine second = line("secret")) {
        second.listen(listener());
        assertThat(next(asked)).isEqualTo("INT");
      }
    }
  }

  @Test
  void aTaskSeesThatTheDriverIsGone() throws Exception {
    try (DriverLine line = line("secret")) {
      line.listen(listener());
      next(heard);
      desk.close();

      assertThat(next(asked)).isEqualTo("gone");
    }
  }
}
