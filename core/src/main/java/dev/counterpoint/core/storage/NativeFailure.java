package dev.counterpoint.core.storage;

import dev.counterpoint.core.settings.CacheFolder;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Explanations of why a native library cannot be unpacked or loaded: libtorch, the tokenizers, JNA
 * and the ring of distributed training.
 */
public final class NativeFailure {
  private static final Pattern LIBRARY =
      Pattern.compile("([^\\s:]+): failed to map segment from shared object(?!.*allocate)");
  private static final Pattern MISSING =
      Pattern.compile(
          "(\\S+): cannot open shared object file|Error loading shared library (\\S+):");
  private static final Pattern VERSION = Pattern.compile("version `(GLIBC(?:XX)?_[\\d.]+)' not");

  private NativeFailure() {}

  /**
   * The reason and the remedy, in sentences.
   *
   * @return empty if the failure has another reason
   */
  public static Optional<String> explain(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException unwritten && isUnpacking(unwritten)) {
        return Optional.of(IoFailure.ofCache(unwritten));
      }
      String message = String.valueOf(cause.getMessage());
      if (message.startsWith("Failed to load Huggingface native library")) { // without its cause
        return Optional.of(
            IoFailure.ofCache(new IOException("the tokenizer library does not fit")));
      }
      Optional<String> reason = cause instanceof LinkageError ? loading(message) : Optional.empty();
      if (reason.isPresent()) {
        return reason;
      }
    }
    return Optional.empty();
  }

  private static boolean isUnpacking(IOException failure) {
    return Arrays.stream(failure.getStackTrace())
        .map(StackTraceElement::getClassName)
        .anyMatch(type -> type.startsWith("ai.djl.") && type.endsWith("LibUtils"));
  }

  private static Optional<String> loading(String message) {
    Matcher library = LIBRARY.matcher(message);
    if (library.find()) {
      return Optional.of(
          ("The native library %s cannot be loaded because its file system is mounted with noexec."
                  + " Set %s to a folder on a file system without noexec.")
              .formatted(library.group(1), CacheFolder.VARIABLE));
    }
    Matcher version = VERSION.matcher(message);
    if (version.find()) {
      return Optional.of(
          "A native library requires %s, which is newer than this system's. Use a newer system."
              .formatted(version.group(1)));
    }
    if (message.contains("wrong ELF class") || message.contains("invalid ELF header")) {
      return Optional.of(
          "A native library is damaged, or of another processor architecture: %s. Delete it."
              .formatted(message));
    }
    Matcher missing = MISSING.matcher(message);
    if (missing.find()) {
      return Optional.of(
          ("A native library requires %s, which is not installed. Install it; Alpine Linux does not"
                  + " have the libraries of glibc.")
              .formatted(missing.group(1) == null ? missing.group(2) : missing.group(1)));
    }
    return message.contains("Failed to create temporary file") // JNA
        ? Optional.of(IoFailure.ofCache(new IOException(message)))
        : Optional.empty();
  }
}
