package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class DownloadProgressTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void withoutTerminalLargeFilePrintsOneLinePerTenth() {
    DownloadProgress progress = progress(false, 80);

    for (int i = 1; i <= 100; i++) {
      progress.received("model.safetensors", i * 1_000_000L, 100_000_000);
    }

    assertThat(err.toString().lines()).hasSize(10);
    assertThat(err.toString()).contains("model.safetensors: 50.0 of 100.0 MB (50 %)");
  }

  @Test
  void smallFilePrintsNothing() {
    progress(false, 80).received("vocab.txt", 1_000, 1_000);

    assertThat(err.toString()).isEmpty();
  }

  @Test
  void onTerminalStatusLineIsOverwrittenAndRemoved() {
    DownloadProgress progress = progress(true, 30);
    progress.received("model.safetensors", 50_000_000, 100_000_000);
    progress.close();

    assertThat(err.toString())
        .contains("\rmodel.safetensors: 50.0 of 10")
        .doesNotContain("\n")
        .endsWith("\u001b[J");
  }

  @Test
  void withoutTotalSizeOnlyReceivedBytesAreShown() {
    progress(true, 80).received("model.safetensors", 50_000_000, 0);

    assertThat(err.toString()).contains("model.safetensors: 50.0 MB, ").doesNotContain("left");
  }

  private DownloadProgress progress(boolean terminal, int columns) {
    return new DownloadProgress(
        new Console(new PrintWriter(out), new PrintWriter(err), terminal, () -> columns));
  }
}
