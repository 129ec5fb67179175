package dev.counterpoint.core.internal.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeFailureTest {
  /** Messages of glibc, musl and JNA. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "/c/libtorch.so: failed to map segment from shared object | noexec | /c/libtorch.so",
        "/c/a.so: failed to map segment from shared object: Operation not permitted | noexec | COUNTERPOINT_CACHE",
        "Unable to load library '/c/ring.so': /c/ring.so: failed to map segment from shared object | noexec | /c/ring.so",
        "/c/a.so: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by /c/a.so) | GLIBC_2.34 | newer",
        "/c/a.so: /c/a.so: wrong ELF class: ELFCLASS32 | architecture | /c/a.so",
        "libgomp.so.1: cannot open shared object file: No such file or directory | libgomp.so.1 | Install",
        "Error loading shared library ld-linux-x86-64.so.2: No such file or directory | ld-linux-x86-64.so.2 | Alpine",
        "Failed to create temporary file for /com/sun/jna/libjnidispatch.so library: No space left on device | No space | COUNTERPOINT_CACHE",
      })
  void linkErrorIsExplained(String message, String reason, String remedy) {
    Throwable failure =
        new IllegalStateException(
            new ExceptionInInitializerError(new UnsatisfiedLinkError(message)));

    assertThat(NativeFailure.explain(failure))
        .hasValueSatisfying(text -> assertThat(text).contains(reason, remedy));
  }

  @Test
  void lackOfMemoryIsNotExplainedAsNoexec() {
    assertThat(
            NativeFailure.explain(
                new UnsatisfiedLinkError(
                    "/c/a.so: failed to map segment from shared object: Cannot allocate memory")))
        .isEmpty();
  }

  @Test
  void failedWriteWhileALibraryIsUnpackedNamesTheCacheFolder() {
    IOException full = new IOException("No space left on device");
    full.setStackTrace(
        new StackTraceElement[] {
          new StackTraceElement("ai.djl.pytorch.jni.LibUtils", "copyNativeLibrary", "LibUtils", 1)
        });

    assertThat(NativeFailure.explain(new RuntimeException(full)))
        .hasValueSatisfying(
            text -> assertThat(text).contains("No space left", "COUNTERPOINT_CACHE"));
  }

  @Test
  void tokenizerLibraryThatCannotBeUnpackedNamesTheCacheFolder() {
    assertThat(
            NativeFailure.explain(
                new IllegalStateException("Failed to load Huggingface native library.")))
        .hasValueSatisfying(text -> assertThat(text).contains("MB free", "COUNTERPOINT_CACHE"));
  }

  @Test
  void otherFailuresHaveNoExplanation() {
    assertThat(NativeFailure.explain(new IOException("No space left on device")))
        .isEqualTo(Optional.empty());
  }
}
