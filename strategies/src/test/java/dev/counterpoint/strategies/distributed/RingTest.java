package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The real ring, between processes. */
class RingTest {
  private static final int PATIENCE = 90; // seconds

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allHearTheSame(int worldSize) throws Exception {
    List<Member> members = run(worldSize, "speak");

    int total = worldSize * (worldSize + 1) / 2;
    List<String> expected =
        new ArrayList<>(
            List.of(
                "sum 0.0 " + (float) total * 998,
                "nothing -0.0",
                "broadcast 5.0",
                "doubles "
                    + List.of(worldSize == 2 ? 0.2 : 0.1 + 0.1 + 0.1, total - worldSize + 0.0)));
    for (int rank = 0; rank < worldSize; rank++) {
      expected.add("gather " + (300 * rank + 1) + " " + rank);
    }
    assertThat(members)
        .allSatisfy(
            member -> {
              assertThat(member.code()).as(member.errors()).isZero();
              assertThat(member.output()).isEqualTo(expected);
            });
  }

  @Test
  void whoLosesTheOthersSaysSoOnOneLineAndEnds() throws Exception {
    List<Member> members = run(2, "vanish");

    assertThat(members.get(1).code()).isEqualTo(9);
    assertThat(members.get(0).code()).isEqualTo(RingCollective.LOST);
    assertThat(members.get(0).output()).isEmpty();
    assertThat(members.get(0).errors().lines().filter(line -> line.startsWith("rank 0 of 2 lost")))
        .singleElement()
        .asString()
        .startsWith(
            "rank 0 of 2 lost the connection to rank 1 while all-gathering 0 bytes: that process has ended")
        .endsWith(". It ends with code 75.");
  }

  @Test
  void aCallThatDoesNotComeBackEndsTheProcess() throws Exception {
    List<Member> members = run(1, "hang");

    assertThat(members.get(0).code()).isEqualTo(RingCollective.LOST);
    assertThat(members.get(0).errors()).contains("while waiting for ever: no answer for 5 s.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Ring Allreduce failed.; Failed to recv; Poll error condition:Success code:0 | has ended",
        "Failed to recv; Connection reset by peer | has ended",
        "Ring Allgather failed.; poll timeout | did not send data in time",
        "Failed to connect to the tracker | Failed to connect to the tracker"
      })
  void nativeErrorIsReplacedByItsLikelyCause(String error, String cause) {
    assertThat(RingCollective.cause(error)).contains(cause).doesNotContain("Poll error");
  }

  @Test
  void aTrackerSaysThatNotAllHaveCome() {
    try (RingTracker tracker = RingTracker.start("127.0.0.1", 0, 2, Duration.ofSeconds(1))) {
      assertThatThrownBy(tracker::await).hasMessageContaining("The ring's tracker gave up: ");
    }
  }

  @Test
  void aPortInUseIsRefused() {
    try (RingTracker first = RingTracker.start("127.0.0.1", 0, 1, Duration.ofSeconds(1))) {
      assertThatThrownBy(
              () -> RingTracker.start("127.0.0.1", first.port(), 1, Duration.ofSeconds(1)).close())
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("127.0.0.1:" + first.port());
    }
  }

  private List<Member> run(int worldSize, String task) throws IOException, InterruptedException {
    List<Member> members = new ArrayList<>();
    try (RingTracker tracker =
        RingTracker.start("127.0.0.1", 0, worldSize, Duration.ofSeconds(30))) {
      for (int rank = 0; rank < worldSize; rank++) {
        members.add(start(rank, worldSize, tracker.port(), task));
      }
      for (Member member : members) {
        assertThat(member.process().waitFor(PATIENCE, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      members.forEach(member -> member.process().destroyForcibly());
    }
    return members;
  }

  private Member start(int rank, int worldSize, int port, String task) throws IOException {
    Path output = folder.resolve("output-" + rank);
    Path errors = folder.resolve("errors-" + rank);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                RingMember.class.getName(),
                Integer.toString(rank),
                Integer.toString(worldSize),
                Integer.toString(port),
                task)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    return new Member(process, output, errors);
  }

  private record Member(Process process, Path outputFile, Path errorFile) {
    int code() {
      return process.exitValue();
    }

    List<String> output() throws IOException {
      return Files.readAllLines(outputFile);
    }

    String errors() throws IOException {
      return Files.readString(errorFile);
    }
  }
}
