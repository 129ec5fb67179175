package dev.counterpoint.models.huggingface.hub;

import dev.counterpoint.core.storage.IoFailure;
import java.io.IOException;
import java.io.InputStream;
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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One file on its way from the hub to the disk. It grows under another name, where a later start
 * goes on with it, and has its own once every byte is as the hub says.
 */
final class Download {
  /** How often a connection may be dropped before a single byte came. */
  private static final int TRIES = 3;

  private static final int BUFFER = 1 << 16;

  private final HubConnection connection;
  private final HubName name;
  private final String file;
  private final HubConnection.Description wanted;
  private final Path target;
  private final Path part;
  private final DownloadListener watch;

  /**
   * A download.
   *
   * @param name with the commit as its revision, so that all of the file is of one version
   */
  Download(
      HubConnection connection,
      HubName name,
      String file,
      HubConnection.Description wanted,
      Path folder,
      DownloadListener watch) {
    this.connection = connection;
    this.name = name;
    this.file = file;
    this.wanted = wanted;
    this.target = folder.resolve(file);
    this.part = folder.resolve(file + ".part");
    this.watch = watch;
  }

  /** The disk did not take what came. */
  static final class NotWritten extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    NotWritten(String message, IOException cause) {
      super(message, cause);
    }
  }

  /**
   * Fetches the file, unless it is there.
   *
   * @throws IOException where it does not come whole, or the disk has no room; what came is kept,
   *     unless it is damaged
   */
  void run() throws IOException {
    if (Files.isRegularFile(target)) {
      return;
    }
    requireRoom();
    receiveAll();
    if (!isAsWanted()) {
      watch.say(file + " of " + name + " came damaged; it is fetched once more.");
      Files.delete(part);
      receiveAll();
    }
    if (!isAsWanted()) {
      Files.delete(part);
      throw new IOException(
          file
              + " of "
              + name
              + " came damaged twice: its checksum is not the hub's "
              + wanted.etag()
              + ". Nothing of it is kept; try again later, or another HF_ENDPOINT.");
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private void requireRoom() throws IOException {
    long needed = wanted.size() - received();
    long room = Files.getFileStore(target.getParent()).getUsableSpace();
    if (room < needed) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s of %s needs %.1f MB more, but %s has room for %.1f MB. Make room, or name another"
                  + " folder with COUNTERPOINT_CACHE.",
              file,
              name,
              needed / 1e6,
              target.getParent(),
              room / 1e6));
    }
  }

  private long received() throws IOException {
    return Files.isRegularFile(part) ? Files.size(part) : 0;
  }

  private void receiveAll() throws IOException {
    int dropped = 0;
    while (true) {
      long before = received();
      try {
        receive(before);
        if (wanted.size() == 0 || received() >= wanted.size()) {
          return;
        }
        throw new HubConnection.Unreachable("the connection ended early", new IOException());
      } catch (HubConnection.Unreachable e) {
        dropped = received() > before ? 0 : dropped + 1;
        if (dropped == TRIES) {
          throw new HubConnection.Unreachable(
              file
                  + " of "
                  + name
                  + " has not come whole: "
                  + e.getMessage()
                  + ". The next start goes on with the "
                  + received()
                  + " bytes that came.",
              e);
        }
      }
    }
  }

  private void receive(long from) throws IOException {
    if (from > 0 && from == wanted.size()) {
      return;
    }
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      AtomicLong received = new AtomicLong(from);
      int status =
          connection.get(name, file, from, info -> taking(info, out, received), received::get);
      if (status == 416) { // What is there is longer than the file.
        out.truncate(0);
      } else if (status != 200 && status != 206) {
        throw new HubConnection.Unreachable("the answer was " + status, new IOException());
      }
    }
  }

  private BodySubscriber<Void> taking(ResponseInfo info, FileChannel out, AtomicLong received) {
    if (info.statusCode() != 200 && info.statusCode() != 206) {
      return BodySubscribers.discarding();
    }
    if (info.statusCode() == 200) {
      received.set(0);
      truncate(out);
    }
    return BodySubscribers.ofByteArrayConsumer(
        bytes -> bytes.ifPresent(some -> write(some, out, received)));
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
    watch.received(file, received.get(), wanted.size());
  }

  private NotWritten notWritten(IOException e) {
    return new NotWritten(
        "Cannot write "
            + part
            + ": "
            + IoFailure.of(e)
            + ". Make room, or name another folder with COUNTERPOINT_CACHE; the next start goes on"
            + " with what came.",
        e);
  }

  private boolean isAsWanted() throws IOException {
    if (wanted.size() > 0 && received() != wanted.size()) {
      return false;
    }
    return switch (wanted.etag().length()) {
      case 64 -> hash("SHA-256", "").equals(wanted.etag());
      case 40 -> hash("SHA-1", "blob " + received() + "\0").equals(wanted.etag());
      default -> true;
    };
  }

  private String hash(String algorithm, String before) throws IOException {
    try (InputStream in = Files.newInputStream(part)) {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(before.getBytes(StandardCharsets.UTF_8));
      byte[] buffer = new byte[BUFFER];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has " + algorithm + ".", e);
    }
  }
}
