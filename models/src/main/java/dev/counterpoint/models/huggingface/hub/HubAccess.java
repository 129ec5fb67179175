package dev.counterpoint.models.huggingface.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the hub is reached.
 *
 * @param endpoint its address, without a path's last slash
 * @param token shown to the hub alone, never to where it redirects; null for none
 * @param offline whether nothing is asked of the network
 * @param patience how long no byte may come before a connection counts as dropped
 */
public record HubAccess(URI endpoint, @Nullable String token, boolean offline, Duration patience) {
  private static final String HUB = "https://huggingface.co";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Set<String> YES = Set.of("1", "true", "yes", "on");

  /**
   * As Hugging Face's own library takes it from the environment: {@code HF_ENDPOINT}, {@code
   * HF_TOKEN} and {@code HF_HUB_OFFLINE}.
   *
   * @throws InvalidSettings where the endpoint is no address, or the token none that can be sent;
   *     the token is not in the message
   */
  public static HubAccess of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
    String token = environment.getOrDefault("HF_TOKEN", "").strip();
    if (!token.chars().allMatch(letter -> letter > ' ' && letter < 127)) {
      throw new InvalidSettings(
          "HF_TOKEN holds what no token does, as a space or the end of a line.");
    }
    String offline = environment.getOrDefault("HF_HUB_OFFLINE", "");
    return new HubAccess(
        address(endpoint.isEmpty() ? HUB : endpoint),
        token.isEmpty() ? null : token,
        YES.contains(offline.toLowerCase(Locale.ROOT)),
        PATIENCE);
  }

  private static URI address(String endpoint) {
    try {
      URI address = new URI(endpoint.replaceFirst("/+$", ""));
      if (Set.of("http", "https").contains(String.valueOf(address.getScheme()))
          && address.getHost() != null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new InvalidSettings(
        "HF_ENDPOINT is \"" + endpoint + "\", which is no address as " + HUB + ".");
  }
}
