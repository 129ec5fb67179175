package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
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
    desk = Desk.open(InetAddress.getLoopbackAddress(), 0, "secret", hearing());
  }

  private Desk.Listener hearing() {
    return new Desk.Listener() {
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
    };
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

  @Test
  void aTaskFromWhichNothingIsHeardIsGone() throws Exception {
    int silence = 200; // milliseconds
    desk.close();
    desk = Desk.open(InetAddress.getLoopbackAddress(), 0, "secret", hearing(), silence);

    try (DriverLine line = line("secret")) { // It does not listen, so it does not beat.
      assertThat(line).isNotNull();
      assertThat(next(heard)).startsWith("begun");
      assertThat(next(heard)).isEqualTo("gone");
    }
  }

  @Test
  void aTaskThatListensBeats() throws Exception {
    try (ServerSocket driver = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<List<String>> lines =
          CompletableFuture.supplyAsync(() -> greetAndRead(driver));
      String host = InetAddress.getLoopbackAddress().getHostAddress();
      DriverLine.Address address = new DriverLine.Address(host, driver.getLocalPort(), "secret");
      try (DriverLine line = DriverLine.open(address, RANK)) {
        line.listen(listener());

        assertThat(lines.get(30, TimeUnit.SECONDS).get(1)).isEqualTo("BEAT ");
      }
    }
  }

  private static List<String> greetAndRead(ServerSocket driver) {
    try (Socket socket = driver.accept()) {
      socket.getOutputStream().write("number\n".getBytes(StandardCharsets.UTF_8));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      return List.of(in.readLine(), in.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aGreetingWithoutAnEndIsCutOff() throws Exception {
    try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), desk.port())) {
      stranger.setSoTimeout(8_000); // Before its time is over.
      stranger.getOutputStream().write("x".repeat(600).getBytes(StandardCharsets.UTF_8));

      assertThat(drained(stranger)).isLessThan(100); // the number to be proved over, and no more
    }
    assertThat(heard).isEmpty();
  }

  private static int drained(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    int count = 0;
    try {
      while (in.read() >= 0) {
        count++;
      }
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException reset) {
      // It has not read all that was sent.
    }
    return count;
  }

  @Test
  void strangersWaitForEachOtherAndKeepNoTaskOut() throws Exception {
    List<Socket> strangers = new ArrayList<>();
    try {
      for (int i = 0; i < 80; i++) {
        strangers.add(new Socket(InetAddress.getLoopbackAddress(), desk.port()));
      }
      int greeted = 0;
      for (Socket stranger : strangers.subList(0, 64)) {
        stranger.setSoTimeout(30_000);
        greeted += stranger.getInputStream().read() >= 0 ? 1 : 0;
      }
      assertThat(greeted).isEqualTo(64);
      assertThat(strangers.get(79).getInputStream().available()).isZero();
    } finally {
      for (Socket stranger : strangers) {
        stranger.close();
      }
    }
    try (DriverLine line = line("secret")) {
      line.say(DriverLine.Word.OUT, "here");
      assertThat(next(heard)).startsWith("begun rank 1");
    }
  }
}
