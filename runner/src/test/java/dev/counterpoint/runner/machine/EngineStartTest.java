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
}
