package dev.counterpoint.strategies.internal.network;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an authenticated connection, as a non-blocking channel. With TLS a thread copies
 * between the connection and a pipe, which is the channel.
 */
public final class DataChannel implements Closeable {
  private static final long FLUSH_MILLIS = TimeUnit.SECONDS.toMillis(2);

  private final Socket socket;
  private final SelectableChannel channel;
  private final @Nullable Thread copier;

  private DataChannel(Socket socket, SelectableChannel channel, @Nullable Thread copier) {
    this.socket = socket;
    this.channel = channel;
    this.copier = copier;
  }

  /**
   * The channel of a connection.
   *
   * @param sends whether it sends to the other side; otherwise it receives
   */
  public static DataChannel of(AuthenticatedConnection connection, boolean sends)
      throws IOException {
    Socket socket = connection.socket();
    if (!(socket instanceof SSLSocket)) {
      return new DataChannel(socket, socket.getChannel(), null);
    }
    Pipe pipe = Pipe.open();
    InputStream from = sends ? Channels.newInputStream(pipe.source()) : socket.getInputStream();
    OutputStream to = sends ? socket.getOutputStream() : Channels.newOutputStream(pipe.sink());
    return copied(socket, sends ? pipe.sink() : pipe.source(), from, to);
  }

  /** Copies in a separate thread; if one side ends, the other is closed. */
  private static DataChannel copied(
      Socket socket, SelectableChannel channel, InputStream from, OutputStream to)
      throws IOException {
    socket.setSoTimeout(0);
    Thread copier =
        Daemon.thread(
            () -> {
              try (from;
                  to) {
                from.transferTo(to);
              } catch (IOException e) {
                // One side is closed.
              }
            },
            "TLS to " + socket.getRemoteSocketAddress());
    copier.start();
    return new DataChannel(socket, channel, copier);
  }

  /** Registers the channel with an empty interest set. */
  public SelectionKey register(Selector selector) throws IOException {
    channel.configureBlocking(false);
    return channel.register(selector, 0);
  }

  /** As {@link ReadableByteChannel#read}. */
  public int read(ByteBuffer bytes) throws IOException {
    return ((ReadableByteChannel) channel).read(bytes);
  }

  /** As {@link WritableByteChannel#write}. */
  public int write(ByteBuffer bytes) throws IOException {
    return ((WritableByteChannel) channel).write(bytes);
  }

  /** Sends the bytes already written, then closes the connection. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (copier != null && channel instanceof WritableByteChannel) {
      try {
        copier.join(FLUSH_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    socket.close();
  }
}
