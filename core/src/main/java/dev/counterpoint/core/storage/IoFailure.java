package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Says in words why the disk refused; the JDK's messages are often but a path. */
public final class IoFailure {
  private IoFailure() {}

  /** Without a full stop, as "permission denied (/a/file)". */
  public static String of(IOException failure) {
    if (failure instanceof FileSystemException refused) {
      return words(refused) + " (" + refused.getFile() + ")";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static String words(FileSystemException refused) {
    if (refused instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (refused instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (refused instanceof FileAlreadyExistsException) {
      return "a file of that name is in the way";
    }
    if (refused instanceof NotDirectoryException) {
      return "not a directory";
    }
    String reason = refused.getReason();
    return reason == null ? refused.getClass().getSimpleName() : reason;
  }
}
