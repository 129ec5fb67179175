package dev.counterpoint.models.internal.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Connection settings of the hub.
 *
 * @param endpoint URL of the hub, without a trailing slash
 * @param token access token, sent only to the hub and never to redirect targets; null for none
 * @param offline whether network access is disabled
 * @param timeout maximum time without receiving a byte before a connection is considered lost
 * @param proxies the proxies of the environment
 */
public record HubAccess(
    URI endpoint, @Nullable String token, boolean offline, Duration timeout, ProxyServers proxies) {
  private static final String HUB = "https://huggingface.co";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Set<String> TRUE_VALUES = Set.of("1", "true", "yes", "on");

  /**
   * Reads the settings from the environment as Hugging Face's library does: {@code HF_ENDPOINT},
   * {@code HF_TOKEN} and {@code HF_HUB_OFFLINE}; and the proxies as curl does.
   *
   * @throws InvalidSettings if the endpoint is not a URL or has a password, the token cannot be
   *     sent in a header, or the proxy is invalid; the message contains neither password nor token
   */
  public static HubAccess of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
    String token = environment.getOrDefault("HF_TOKEN", "").strip();
    if (!token.chars().allMatch(letter -> letter > ' ' && letter < 127)) {
      throw new InvalidSettings(
          "HF_TOKEN contains a character that is not allowed in a token, such as a space or a"
              + " line break.");
    }
    String offline = environment.getOrDefault("HF_HUB_OFFLINE", "");
    HubAccess access =
        new HubAccess(
            address(endpoint.isEmpty() ? HUB : endpoint),
            token.isEmpty() ? null : token,
            TRUE_VALUES.contains(offline.toLowerCase(Locale.ROOT)),
            TIMEOUT,
            new ProxyServers(environment));
    if (!access.offline()) {
      var unused = access.proxies().server(access.endpoint()); // Refuses an invalid value.
    }
    return access;
  }

  /** The address and its proxy, without passwords and tokens. */
  @Override
  public String toString() {
    return offline
        ? endpoint + ", not used (HF_HUB_OFFLINE)"
        : endpoint + proxies.server(endpoint).map(proxy -> " through " + proxy).orElse("");
  }

  private static URI address(String endpoint) {
    try {
      URI address = new URI(endpoint.replaceFirst("/+$", ""));
      if (Set.of("http", "https").contains(String.valueOf(address.getScheme()))
          && address.getHost() != null
          && address.getUserInfo() == null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Reported below.
    }
    throw new InvalidSettings(
        "HF_ENDPOINT \"%s\" is not a valid URL without user and password; an example is %s.",
        ProxyServers.withoutLogin(endpoint), HUB);
  }
}
