package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NativeLibrariesTest {
  @Test
  void missingLibraryMessageContainsARemedy() {
    assertThat(NativeLibraries.libraryMissing("osx-aarch64", "2.7.1"))
        .contains("no native PyTorch library for osx-aarch64")
        .contains("-Dnative.classifier=osx-aarch64");
  }
}
