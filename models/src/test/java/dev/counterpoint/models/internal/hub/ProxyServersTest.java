package dev.counterpoint.models.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyServersTest {
  private static final URI HUB = URI.create("https://huggingface.co");

  @ParameterizedTest
  @CsvSource({
    "https_proxy, http://proxy:3128, proxy:3128",
    "HTTPS_PROXY, http://proxy:3128/, proxy:3128",
    "all_proxy, proxy:3128, proxy:3128",
    "ALL_PROXY, proxy, proxy:1080",
    "HTTPS_PROXY, HTTP://[fe80::1]:80, [fe80::1]:80",
    "https_proxy, http://u:p@s@proxy:3128, proxy:3128",
  })
  void variableSelectsTheProxy(String name, String value, String expected) {
    assertThat(new ProxyServers(Map.of(name, value)).server(HUB))
        .hasValueSatisfying(
            proxy -> assertThat(proxy.host() + ":" + proxy.port()).isEqualTo(expected));
  }

  @Test
  void schemeAndLowerCasePrecede() {
    Map<String, String> variables =
        Map.of(
            "https_proxy", "http://a:1",
            "HTTPS_PROXY", "http://b:1",
            "all_proxy", "socks5://c:1",
            "http_proxy", "http://d:1");

    assertThat(new ProxyServers(variables).server(HUB))
        .get()
        .hasToString("the proxy a:1 (https_proxy)");
    assertThat(new ProxyServers(variables).server(URI.create("http://mirror")))
        .get()
        .hasToString("the proxy d:1 (http_proxy)");
  }

  @Test
  void emptyVariablesAreIgnored() {
    ProxyServers proxies = new ProxyServers(Map.of("https_proxy", "", "ALL_PROXY", " "));

    assertThat(proxies.server(HUB)).isEmpty();
    assertThat(proxies.isEmpty()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "*, https://huggingface.co, true",
    "huggingface.co, https://huggingface.co, true",
    ".huggingface.co, https://huggingface.co, true",
    "HuggingFace.CO., https://cdn.huggingface.co, true",
    "*.huggingface.co, https://cdn.huggingface.co, true",
    "face.co, https://huggingface.co, false",
    "'a.b, huggingface.co', https://huggingface.co, true",
    "'a.b huggingface.co', https://huggingface.co, true",
    "huggingface.co:443, https://huggingface.co, true",
    "huggingface.co:8443, https://huggingface.co, false",
    "mirror:8080, https://mirror:8080, true",
    "10.0.0.0/8, https://10.1.2.3, true",
    "10.0.0.0/8, https://11.1.2.3, false",
    "10.0.0.128/25, https://10.0.0.127, false",
    "10.0.0.128/25, https://10.0.0.129, true",
    "0.0.0.0/0, https://10.0.0.1, true",
    "0.0.0.0/0, https://192.168.0.1, true",
    "192.168.0.0/16, https://192.168.3.4, true",
    "192.168.0.0/16, https://64.168.3.4, false",
    "10.1.2.3, https://10.1.2.3:5, true",
    "10.1.2.3/32, https://10.1.2.4, false",
    "10.0.0.0/8, https://huggingface.co, false",
    "fe80::/10, https://[fe80::1]:8080, true",
    "[::1], https://[::1], true",
    "::1, https://[::2], false",
    "10.0.0.0/8, https://[::1], false",
  })
  void noProxyFollowsTheRulesOfCurl(String list, URI address, boolean direct) {
    for (String name : new String[] {"no_proxy", "NO_PROXY"}) {
      ProxyServers proxies = new ProxyServers(Map.of("https_proxy", "http://proxy:1", name, list));

      assertThat(proxies.server(address).isEmpty()).isEqualTo(direct);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "socks5://user:geheim@proxy:1080",
        "https://user:geheim@proxy:443",
        "http://user:geheim@proxy:99999",
        "http://user:geheim@",
        "http://user:geheim@proxy:port",
        "http://user:geheim@proxy/path?x=1",
        "http://user:%zzgeheim@proxy:3128",
        "user:geheim@pro xy:1",
      })
  void invalidProxyIsRefusedWithoutItsPassword(String value) {
    assertThatThrownBy(() -> HubAccess.of(Map.of("HTTPS_PROXY", value)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("HTTPS_PROXY")
        .hasMessageNotContaining("geheim");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.0.0.0/33", "10.0.0.0/x", "a.b/8", "fe80::/129", "10.0.0.0/-1", "1.2.3.4.5"})
  void invalidNetworkIsRefused(String network) {
    assertThatThrownBy(
            () -> HubAccess.of(Map.of("https_proxy", "http://proxy:1", "no_proxy", network)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no_proxy contains \"" + network);
  }

  @Test
  void invalidProxyDoesNotMatterOffline() {
    assertThat(HubAccess.of(Map.of("HTTPS_PROXY", "socks5://p", "HF_HUB_OFFLINE", "1")).offline())
        .isTrue();
  }

  @Test
  void passwordsAndTokensAreNotPrinted() {
    Map<String, String> variables =
        Map.of("https_proxy", "http://user:geheim@proxy:1", "HF_TOKEN", "hf_secret");

    assertThat(HubAccess.of(variables).toString())
        .isEqualTo("https://huggingface.co through the proxy proxy:1 (https_proxy)");
  }

  @Test
  void endpointWithAPasswordIsRefusedWithoutIt() {
    assertThatThrownBy(() -> HubAccess.of(Map.of("HF_ENDPOINT", "https://user:geheim@mirror")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("mirror")
        .hasMessageNotContaining("geheim");
  }

  @Test
  void percentSignsOfALoginAreDecoded() {
    assertThat(new ProxyServers(Map.of("https_proxy", "http://a%40b:c+d@proxy:1")).server(HUB))
        .get()
        .extracting(ProxyServers.Server::login)
        .isEqualTo("Basic YUBiOmMrZA==");
  }
}
