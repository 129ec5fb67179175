package dev.counterpoint.core.internal.storage;

import com.fasterxml.jackson.core.JacksonException;
import dev.counterpoint.core.settings.CacheFolder;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Readable reasons for I/O failures; the JDK's messages often contain only a path. */
public final class IoFailure {
  private IoFailure() {}

  /** The reason of a failure without a full stop, such as "permission denied (/a/file)". */
  public static String of(IOException failure) {
    if (failure instanceof FileSystemException cause) {
      return reason(cause) + " (" + cause.getFile() + ")";
    }
    String message =
        failure instanceof JacksonException json ? Json.problem(json) : failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message.replaceFirst("\\.$", "");
  }

  /** A failed read of a file or folder, with its name. */
  public static IOException ofRead(Path path, IOException failure) {
    return new IOException("Cannot read " + path + ": " + of(failure) + ".", failure);
  }

  /** A failed write, with the file name, which the failure of a full disk does not contain. */
  public static IOException ofWrite(Path file, IOException failure) {
    return new IOException("Cannot write " + file + ": " + of(failure) + ".", failure);
  }

  /** Describes a failed write to the cache folder, with the path and the remedy. */
  public static String ofCache(IOException failure) {
    return ofCache(CacheFolder.path(), CacheFolder.VARIABLE, failure);
  }

  /** Describes a failed write to the cache folder that a variable selects. */
  static String ofCache(Path folder, String variable, IOException failure) {
    return ("The cache folder %s (%s MB free) cannot be used: %s. Set %s to a writable folder"
            + " with enough free space (1 GB for everything).")
        .formatted(folder, folder.toFile().getUsableSpace() / 1_000_000, of(failure), variable);
  }

  private static String reason(FileSystemException cause) {
    if (cause instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (cause instanceof FileAlreadyExistsException) {
      return "a file of that name already exists";
    }
    if (cause instanceof NotDirectoryException) {
      return "not a directory";
    }
    String reason = cause.getReason();
    return reason == null ? cause.getClass().getSimpleName() : reason;
  }
}
