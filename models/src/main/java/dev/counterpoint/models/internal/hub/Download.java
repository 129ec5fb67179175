package dev.counterpoint.models.internal.hub;

import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.Formats;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Download of one file from the hub. The file is written under a temporary name, from which a later
 * run resumes, and gets its final name once its size and checksum have been verified.
 *
 * @param name model name with a commit as the revision, so that the whole file is of one version
 */
record Download(
    HubConnection connection,
    HubName name,
    String file,
    HubConnection.Description expected,
    Path folder,
    DownloadListener listener) {
  /** Maximum number of consecutive attempts that receive no byte. */
  private static final int MAX_ATTEMPTS = 3;

  /** Thrown if the file cannot be written to disk. */
  static final class NotWritten extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    NotWritten(String message, IOException cause) {
      super(message, cause);
    }
  }

  /**
   * Downloads the file unless it exists.
   *
   * @throws IOException if the download is incomplete or the disk is full; the received bytes are
   *     kept unless they are damaged
   */
  void run() throws IOException {
    if (Files.isRegularFile(target())) {
      return;
    }
    requireDiskSpace();
    receiveAll();
    if (!isComplete()) {
      listener.log("Download of " + file + " of " + name + " is damaged; downloading it again.");
      Files.delete(part());
      receiveAll();
    }
    if (!isComplete()) {
      Files.delete(part());
      throw new IOException(
          ("%s of %s was damaged in two downloads: its checksum differs from the hub's %s. The file was "
                  + "deleted; try again later, or set a different HF_ENDPOINT.")
              .formatted(file, name, expected.etag()));
    }
    Files.move(part(), target(), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path target() {
    return folder.resolve(file);
  }

  private Path part() {
    return folder.resolve(file + ".part");
  }

  private void requireDiskSpace() throws IOException {
    long needed = expected.size() - received();
    long available = Files.getFileStore(folder).getUsableSpace();
    if (available < needed) {
      throw new IOException(
          Formats.of(
              "%s of %s needs %.1f MB more, but %s has only %.1f MB of free space. Free some space,"
                  + " or select another folder with COUNTERPOINT_CACHE.",
              file, name, needed / 1e6, folder, available / 1e6));
    }
  }

  private long received() throws IOException {
    return Files.isRegularFile(part()) ? Files.size(part()) : 0;
  }

  private void receiveAll() throws IOException {
    int dropped = 0;
    while (true) {
      long before = received();
      try {
        receive(before);
        if (expected.size() == 0 || received() >= expected.size()) {
          return;
        }
        throw new HubConnection.Unreachable("the connection ended early", new IOException());
      } catch (HubConnection.Unreachable e) {
        dropped = received() > before ? 0 : dropped + 1;
        if (dropped == MAX_ATTEMPTS) {
          throw new HubConnection.Unreachable(
              "The download of %s of %s is incomplete: %s. The next run resumes after the %s bytes received."
                  .formatted(file, name, e.getMessage(), received()),
              e);
        }
      }
    }
  }

  private void receive(long from) throws IOException {
    if (from > 0 && from == expected.size()) {
      return;
    }
    try (FileChannel out =
        FileChannel.open(part(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      AtomicLong received = new AtomicLong(from);
      int status =
          connection.get(
              name, file, from, info -> bodySubscriber(info, out, received), received::get);
      if (status == 416) { // The partial file is longer than the file on the hub.
        out.truncate(0);
      } else if (status != 200 && status != 206) {
        throw new HubConnection.Unreachable("the response status was " + status, new IOException());
      }
    }
  }

  private BodySubscriber<Void> bodySubscriber(
      ResponseInfo info, FileChannel out, AtomicLong received) {
    if (info.statusCode() != 200 && info.statusCode() != 206) {
      return BodySubscribers.discarding();
    }
    if (info.statusCode() == 200) {
      received.set(0);
      truncate(out);
    }
    return BodySubscribers.ofByteArrayConsumer(
        bytes -> bytes.ifPresent(chunk -> write(chunk, out, received)));
  }

  private void truncate(FileChannel out) {
    try {
      out.truncate(0);
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  private void write(byte[] bytes, FileChannel out, AtomicLong received) {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        received.addAndGet(out.write(buffer, received.get()));
      }
    } catch (IOException e) {
      throw notWritten(e);
    }
    listener.received(file, received.get(), expected.size());
  }

  private NotWritten notWritten(IOException e) {
    return new NotWritten(
        "Cannot write %s: %s. Free some space, or select another folder with COUNTERPOINT_CACHE; the next run resumes the download."
            .formatted(part(), IoFailure.of(e)),
        e);
  }

  private boolean isComplete() throws IOException {
    if (expected.size() > 0 && received() != expected.size()) {
      return false;
    }
    return switch (expected.etag().length()) {
      case 64 -> hash("SHA-256", "").equals(expected.etag());
      case 40 -> hash("SHA-1", "blob " + received() + "\0").equals(expected.etag());
      default -> true;
    };
  }

  private String hash(String algorithm, String before) throws IOException {
    try (InputStream in = Files.newInputStream(part())) {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(before.getBytes(StandardCharsets.UTF_8));
      in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java platform lacks " + algorithm + ".", e);
    }
  }
}
