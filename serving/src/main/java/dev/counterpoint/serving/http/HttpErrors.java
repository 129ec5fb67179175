package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.ClosedSessionException;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.RegistryConflict;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Errors as {@code {"error": MESSAGE}}, also for requests that do not reach a service. */
final class HttpErrors implements ServerErrorHandler {
  private static final Logger LOG = LoggerFactory.getLogger(HttpErrors.class);
  private static final String RETRY_SECONDS = "1";

  private final int maxBodyBytes;

  HttpErrors(int maxBodyBytes) {
    this.maxBodyBytes = maxBodyBytes;
  }

  /** A response with a message. */
  static HttpResponse response(HttpStatus status, String message) {
    return aggregated(status, message).toHttpResponse();
  }

  private static AggregatedHttpResponse aggregated(HttpStatus status, String message) {
    ResponseHeadersBuilder headers = ResponseHeaders.builder(status).contentType(MediaType.JSON);
    if (status.equals(HttpStatus.TOO_MANY_REQUESTS)
        || status.equals(HttpStatus.SERVICE_UNAVAILABLE)) {
      headers.set(HttpHeaderNames.RETRY_AFTER, RETRY_SECONDS);
    }
    return AggregatedHttpResponse.of(
        headers.build(),
        HttpData.ofUtf8(JsonNodeFactory.instance.objectNode().put("error", message).toString()));
  }

  @Override
  public HttpResponse onServiceException(ServiceRequestContext context, Throwable failure) {
    Throwable cause = Exceptions.peel(failure);
    if (cause instanceof HttpStatusException status) {
      return response(status.httpStatus(), message(status.httpStatus(), null));
    }
    if (cause instanceof ContentTooLargeException) {
      HttpStatus status = HttpStatus.REQUEST_ENTITY_TOO_LARGE;
      return response(status, message(status, null));
    }
    if (cause instanceof RequestTimeoutException) {
      if (context.log().isRequestComplete()) {
        return response(HttpStatus.GATEWAY_TIMEOUT, "The server did not answer in time.");
      }
      return response(HttpStatus.REQUEST_TIMEOUT, "The request did not arrive in time.");
    }
    if (cause instanceof ClosedSessionException || cause instanceof ClosedStreamException) {
      return response(HttpStatus.BAD_REQUEST, "The client has closed the connection.");
    }
    if (cause instanceof RegistryConflict) {
      return response(HttpStatus.CONFLICT, String.valueOf(cause.getMessage()));
    }
    PredictionFailed failed = PredictionFailed.of(cause);
    if (failed != cause && failed.reason() == PredictionFailed.Reason.FAILED) {
      LOG.warn("The request {} failed.", context.path(), cause);
    }
    return response(status(failed.reason()), String.valueOf(failed.getMessage()));
  }

  private static HttpStatus status(PredictionFailed.Reason reason) {
    return switch (reason) {
      case INVALID_INPUT -> HttpStatus.BAD_REQUEST;
      case UNKNOWN_MODEL -> HttpStatus.NOT_FOUND;
      case QUEUE_FULL -> HttpStatus.TOO_MANY_REQUESTS;
      case DEADLINE -> HttpStatus.GATEWAY_TIMEOUT;
      case SHUTTING_DOWN, CANCELLED, NO_FEATURES -> HttpStatus.SERVICE_UNAVAILABLE;
      case FAILED -> HttpStatus.INTERNAL_SERVER_ERROR;
    };
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      @Nullable ServiceRequestContext context,
      ServiceConfig service,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    return aggregated(status, message(status, description));
  }

  private String message(HttpStatus status, @Nullable String description) {
    if (status.equals(HttpStatus.NOT_FOUND)) {
      return "The path does not exist; use POST /predict/MODEL or the paths of the Open Inference"
          + " Protocol, such as GET /v2/models/MODEL.";
    }
    if (status.equals(HttpStatus.REQUEST_ENTITY_TOO_LARGE)) {
      return "The body is too large; at most %s bytes are allowed, also after decompression."
          .formatted(maxBodyBytes);
    }
    return status.reasonPhrase() + (description == null ? "." : ": " + description);
  }

  @Override
  public AggregatedHttpResponse onProtocolViolation(
      ServiceConfig service,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    return renderStatus(null, service, headers, status, description, cause);
  }
}
