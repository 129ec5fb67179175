package dev.counterpoint.serving.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.RequestHeaders;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The body of a request by its content-encoding. Unlike Armeria's decoder it requires the checksum
 * at the end, and nothing after it, so that no other server reads another body.
 */
final class CompressedBody {
  static final Set<String> ENCODINGS = Set.of("identity", "gzip", "deflate");

  private static final int GZIP_TRAILER = 8; // bytes

  private CompressedBody() {}

  /** The content-encoding of a request in lower case. */
  static String encoding(RequestHeaders headers) {
    return headers.get(HttpHeaderNames.CONTENT_ENCODING, "identity").toLowerCase(Locale.ROOT);
  }

  /**
   * Decompresses the body of a request.
   *
   * @param maxBytes the limit of its size
   * @throws InvalidSettings if it is not compressed as its headers say
   */
  static AggregatedHttpRequest decode(AggregatedHttpRequest request, int maxBytes) {
    String encoding = encoding(request.headers());
    if (encoding.equals("identity")) {
      return request;
    }
    byte[] body = request.content().array();
    byte[] content;
    boolean isWhole;
    try {
      if (encoding.equals("gzip")) {
        try (Gzip gzip = new Gzip(body)) {
          content = read(gzip, maxBytes);
          isWhole = gzip.remaining() == GZIP_TRAILER;
        }
      } else {
        Inflater inflater = new Inflater();
        try (InputStream zlib =
            new InflaterInputStream(new ByteArrayInputStream(body), inflater, body.length + 1)) {
          content = read(zlib, maxBytes);
          isWhole = inflater.getRemaining() == 0;
        } finally {
          inflater.end();
        }
      }
    } catch (IOException e) {
      content = new byte[0];
      isWhole = false;
    }
    if (!isWhole) {
      throw new InvalidSettings("The body is not valid for its content-encoding, %s.", encoding);
    }
    return AggregatedHttpRequest.of(request.headers(), HttpData.wrap(content));
  }

  private static byte[] read(InputStream in, int maxBytes) throws IOException {
    byte[] content = in.readNBytes(maxBytes);
    if (in.read() >= 0) {
      throw ContentTooLargeException.builder().maxContentLength(maxBytes).build();
    }
    return content;
  }

  /** Reads a body that is buffered as a whole, so that the bytes after its end can be counted. */
  private static final class Gzip extends GZIPInputStream {
    Gzip(byte[] body) throws IOException {
      super(new ByteArrayInputStream(body), body.length + 1);
    }

    /** The number of bytes after the compressed data, including the trailer. */
    int remaining() {
      return inf.getRemaining();
    }
  }
}
