package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Explanations of why a native library cannot be unpacked or loaded: libtorch, the tokenizers and
 * JNA.
 */
public final class NativeFailure {
  private static final String MISSING =
      "A native library requires %s, which is not installed. Install it; Alpine Linux does not have"
          + " the libraries of glibc.";

  /** Patterns that identify the reason in the message of a loader, with an explanation. */
  private static final Map<Pattern, String> REASONS =
      Map.of(
          Pattern.compile("([^\\s:]+): failed to map segment from shared object(?!.*allocate)"),
          "The native library %s cannot be loaded: ulimit -v is too small, or its file system is"
              + " mounted with noexec; then set COUNTERPOINT_CACHE to a folder on another file"
              + " system.",
          Pattern.compile("version `(GLIBC(?:XX)?_[\\d.]+)' not"),
          "A native library requires %s, which is newer than this system's. Use a newer system.",
          Pattern.compile("(.*(?:wrong ELF class|invalid ELF header).*)"),
          "A native library is damaged, or for another processor architecture: %s. Delete it.",
          Pattern.compile("(\\S+): cannot open shared object file"),
          MISSING,
          Pattern.compile("Error loading shared library (\\S+):"),
          MISSING);

  private NativeFailure() {}

  /**
   * The reason and the remedy, in sentences.
   *
   * @return empty if the failure has another reason
   */
  public static Optional<String> explain(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException unwritten && isUnpacking(unwritten)) {
        return Optional.of(unwritten(unwritten));
      }
      String message = String.valueOf(cause.getMessage());
      if (message.startsWith("Failed to load Huggingface native library")) { // without its cause
        return Optional.of(unwritten(new IOException("the tokenizer library does not fit")));
      }
      Optional<String> reason = cause instanceof LinkageError ? loading(message) : Optional.empty();
      if (reason.isPresent()) {
        return reason;
      }
    }
    return Optional.empty();
  }

  /** Describes a folder into which DJL cannot unpack libraries, with the path and the remedy. */
  public static String unwritten(IOException failure) {
    for (String variable : List.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR")) {
      String folder = System.getenv(variable); // The properties are set by NativeLibraries.
      if (folder != null && !folder.isEmpty()) {
        return IoFailure.ofCache(Path.of(folder), variable, failure);
      }
    }
    return IoFailure.ofCache(failure);
  }

  private static boolean isUnpacking(IOException failure) {
    return Arrays.stream(failure.getStackTrace())
        .map(StackTraceElement::getClassName)
        .anyMatch(type -> type.startsWith("ai.djl.") && type.endsWith("LibUtils"));
  }

  private static Optional<String> loading(String message) {
    return REASONS.entrySet().stream()
        .flatMap(
            reason ->
                reason
                    .getKey()
                    .matcher(message)
                    .results()
                    .map(it -> it.group(1))
                    .limit(1)
                    .map(reason.getValue()::formatted))
        .findFirst()
        .or(
            () ->
                message.contains("Failed to create temporary file") // JNA
                    ? Optional.of(IoFailure.ofCache(new IOException(message)))
                    : Optional.empty());
  }
}
