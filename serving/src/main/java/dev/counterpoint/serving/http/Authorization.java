package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.serving.http.AccessToken.Scope;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Requires a bearer token, RFC 6750, for all paths except open ones. A path that is not listed
 * requires the general scope, so that a new path is not open by mistake.
 *
 * @param scopes the scopes of paths with another one than the general scope; null if a path is open
 */
record Authorization(
    Map<String, AccessToken> tokens, Scope general, Map<String, @Nullable Scope> scopes)
    implements DecoratingHttpServiceFunction {
  /** The name of the bearer. */
  static final AttributeKey<String> BEARER = AttributeKey.valueOf(Authorization.class, "BEARER");

  private static final String SCHEME = "Bearer ";
  private static final Pattern PORT_OR_BRACKET = Pattern.compile("^\\[|]?(:\\d+)?$");

  @Override
  public HttpResponse serve(HttpService next, ServiceRequestContext context, HttpRequest request)
      throws Exception {
    String path = context.config().route().patternString();
    Scope required = scopes.getOrDefault(path, general);
    if (required == null) {
      return next.serve(context, request);
    }
    if (tokens.isEmpty()) {
      return isOfOtherSite(request)
          ? HttpErrors.response(
              HttpStatus.FORBIDDEN,
              "Pages of other sites are denied, and the host of a request must be an IP address or"
                  + " localhost, because the server has no tokens.")
          : next.serve(context, request);
    }
    String header = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    Map.Entry<String, AccessToken> bearer =
        header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
            ? bearer(header.substring(SCHEME.length()).strip())
            : null;
    if (bearer == null) {
      return unauthorized(header.isEmpty());
    }
    context.setAttr(BEARER, bearer.getKey());
    if (!bearer.getValue().scopes().contains(required)) {
      return HttpErrors.response(
          HttpStatus.FORBIDDEN,
          "The token of %s does not have the scope %s."
              .formatted(bearer.getKey(), required.name().toLowerCase(Locale.ROOT)));
    }
    return next.serve(context, request);
  }

  /** Compares with all tokens, so that the time does not depend on which one matches. */
  private Map.@Nullable Entry<String, AccessToken> bearer(String token) {
    byte[] hash = Sha256.begin().digest(token.getBytes(StandardCharsets.UTF_8));
    Map.Entry<String, AccessToken> found = null;
    for (Map.Entry<String, AccessToken> entry : tokens.entrySet()) {
      if (MessageDigest.isEqual(hash, entry.getValue().hash())) {
        found = entry;
      }
    }
    return found;
  }

  private static HttpResponse unauthorized(boolean isMissing) {
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.UNAUTHORIZED)
            .contentType(MediaType.JSON)
            .set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer")
            .build(),
        HttpData.ofUtf8(
            JsonNodeFactory.instance
                .objectNode()
                .put(
                    "error",
                    isMissing
                        ? "The request has no token; send the header authorization: Bearer TOKEN."
                        : "The token is not valid.")
                .toString()));
  }

  /**
   * Whether a browser may have sent the request for a page of another site: its {@code Origin} is
   * another site, or its {@code Host} is a domain name, which that site can resolve to a loopback
   * address (DNS rebinding).
   */
  private static boolean isOfOtherSite(HttpRequest request) {
    String authority = String.valueOf(request.authority());
    String host = PORT_OR_BRACKET.matcher(authority).replaceAll("");
    boolean isAddressed =
        host.equalsIgnoreCase("localhost")
            || NetUtil.isValidIpV4Address(host)
            || NetUtil.isValidIpV6Address(host);
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    return !isAddressed
        || (origin != null
            && !origin.equals("http://" + authority)
            && !origin.equals("https://" + authority));
  }
}
