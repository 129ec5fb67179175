package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.JniUtils;
import org.junit.jupiter.api.Test;

final class EngineStartTest {
  @Test
  void awaitDisablesGradientRecording() {
    assertThat(EngineStart.begin().await().getEngineName()).isEqualTo("PyTorch");
    assertThat(JniUtils.isGradMode()).isFalse();
  }

  @Test
  void missingLibraryMessageContainsARemedy() {
    assertThat(EngineStart.libraryMissing("osx-aarch64", "2.7.1"))
        .contains("no native PyTorch library for osx-aarch64")
        .contains("-Dnative.classifier=osx-aarch64");
  }
}
