package dev.counterpoint.core.data.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class FingerprintTest {
  @Test
  void textOfHashAndPartsIsParsed() {
    Map<String, String> parts = Map.of("train", "77ac", "validation", "09d1");

    assertThat(Fingerprint.parse(DataSplits.fingerprint("1f3a", parts)))
        .isEqualTo(new Fingerprint("1f3a", parts));
  }

  @Test
  void hashOfSeveralWordsIsComparedAsAWhole() {
    Fingerprint fingerprint = Fingerprint.parse("parity Parity[rows=64] 17");

    assertThat(fingerprint.hash()).isEqualTo("parity Parity[rows=64] 17");
    assertThat(fingerprint).isNotEqualTo(Fingerprint.parse("parity Parity[rows=32] 17"));
  }

  @Test
  void equalExamplesInOtherFilesHaveNotChanged() {
    Fingerprint before = new Fingerprint("1", Map.of("train", "a"));
    Fingerprint now = new Fingerprint("1", Map.of("train", "b", "test", "c"));

    assertThat(now.changedSince(before)).isEmpty();
  }

  @Test
  void changedNewAndMissingPartsAreNamed() {
    Fingerprint before = new Fingerprint("1", Map.of("train", "a", "test", "b", "more", "c"));
    Fingerprint now = new Fingerprint("2", Map.of("train", "x", "test", "b", "validation", "d"));

    assertThat(now.changedSince(before)).containsExactlyInAnyOrder("train", "more", "validation");
  }
}
