package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.logging.RequestLog;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.counterpoint.core.settings.Excerpt;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Counts requests, logs each in a line of JSON, and returns the {@code traceparent} of a request
 * with its response (https://www.w3.org/TR/trace-context). A line has no content of a request.
 *
 * @param access receives the lines
 * @param logsReads whether successful GET requests have a line
 */
record RequestLogs(MeterRegistry meters, Consumer<String> access, boolean logsReads)
    implements DecoratingHttpServiceFunction {
  private static final String TRACE = "traceparent";
  private static final Pattern TRACE_FORMAT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");

  @Override
  public HttpResponse serve(HttpService next, ServiceRequestContext context, HttpRequest request)
      throws Exception {
    Connections.observe(context);
    String trace = request.headers().get(TRACE, "");
    boolean isTraced = TRACE_FORMAT.matcher(trace).matches();
    if (isTraced) {
      context.setAdditionalResponseHeader(TRACE, trace);
    }
    var unused = context.log().whenComplete().thenAccept(log -> record(log, isTraced ? trace : ""));
    return next.serve(context, request);
  }

  private void record(RequestLog log, String trace) {
    Timer.builder("counterpoint.http.requests")
        .description("Time from the first byte of a request to the last of its response.")
        .tag("code", log.responseHeaders().status().codeAsText())
        .serviceLevelObjectives(
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(meters)
        .record(Duration.ofNanos(log.totalDurationNanos()));
    boolean isRoutine = !logsReads && log.requestHeaders().method() == HttpMethod.GET;
    if (!isRoutine || !log.responseHeaders().status().isSuccess()) {
      access.accept(line(log, trace).toString());
    }
  }

  private static ObjectNode line(RequestLog log, String trace) {
    ServiceRequestContext context = (ServiceRequestContext) log.context();
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("time", Instant.ofEpochMilli(log.requestStartTimeMillis()).toString());
    line.put("client", context.clientAddress().getHostAddress());
    line.put("bearer", context.attr(Authorization.BEARER));
    line.put("method", log.requestHeaders().method().name());
    line.put("path", Excerpt.ofItem(context.path()));
    line.put("protocol", log.sessionProtocol().uriText());
    line.put("status", log.responseHeaders().status().code());
    line.put("milliseconds", Math.round(log.totalDurationNanos() / 1e3) / 1e3);
    line.put("requestBytes", log.requestLength());
    line.put("responseBytes", log.responseLength());
    var matcher = TRACE_FORMAT.matcher(trace);
    line.put("trace", matcher.matches() ? Objects.requireNonNull(matcher.group(1)) : null);
    return line;
  }
}
