package dev.counterpoint.models.internal.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * HTTP proxies of the environment, by the rules of curl: {@code https_proxy}, {@code http_proxy}
 * and {@code all_proxy}, and {@code no_proxy} for hosts without a proxy, each in lower or upper
 * case.
 */
public final class ProxyServers extends ProxySelector {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?<scheme>\\w+)://)?(?:(?<login>.*)@)?(?<host>\\[[^]]+]|[^:/@?#\\s]+)(?::(?<port>\\d{1,5}))?/?");
  private static final Pattern WITH_PORT = Pattern.compile("(\\[[^]]+]|[^:]+):(\\d+)");
  private static final Pattern IP_ADDRESS = Pattern.compile("[\\d.]+|.*:.*");
  private static final int DEFAULT_PORT = 1080; // as in curl
  private static final int MAX_PORT = 65_535;

  static {
    // Java does not send a password to a proxy for https unless this property is empty.
    if (System.getProperty("jdk.http.auth.tunneling.disabledSchemes") == null) {
      System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    }
  }

  private final Map<String, String> environment;

  /** Reads the variables when they are needed. */
  public ProxyServers(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * A proxy.
   *
   * @param variable the environment variable that selects it
   * @param login user and password, as the value of a header; empty for none
   */
  record Server(String variable, String host, int port, String login) {
    /** The address of the proxy, without user and password. */
    @Override
    public String toString() {
      return "the proxy %s:%s (%s)".formatted(host, port, variable);
    }
  }

  /** Whether a proxy is set, for any address. */
  boolean isEmpty() {
    return Stream.of("https_proxy", "http_proxy", "all_proxy")
        .allMatch(name -> variable(name).isEmpty());
  }

  /**
   * The proxy for an address; empty for a direct connection.
   *
   * @throws InvalidSettings if a variable is invalid; the message does not contain the password
   */
  Optional<Server> server(URI address) {
    return variable(address.getScheme() + "_proxy")
        .or(() -> variable("all_proxy"))
        .map(ProxyServers::parse)
        .filter(proxy -> !isDirect(address));
  }

  private Optional<Map.Entry<String, String>> variable(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .map(each -> Map.entry(each, environment.getOrDefault(each, "").strip()))
        .filter(each -> !each.getValue().isEmpty())
        .findFirst();
  }

  private static Server parse(Map.Entry<String, String> variable) {
    Matcher parts = FORM.matcher(variable.getValue());
    boolean valid = parts.matches();
    String scheme = valid && parts.group("scheme") != null ? parts.group("scheme") : "http";
    String port = valid && parts.group("port") != null ? parts.group("port") : "" + DEFAULT_PORT;
    if (!valid || !scheme.equalsIgnoreCase("http") || Integer.parseInt(port) > MAX_PORT) {
      throw new InvalidSettings(
          "%s \"%s\" must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT; other kinds of proxies are not supported.",
          variable.getKey(), withoutLogin(variable.getValue()));
    }
    String login = parts.group("login");
    return new Server(
        variable.getKey(),
        parts.group("host"),
        Integer.parseInt(port),
        login == null ? "" : "Basic " + encoded(variable.getKey(), login));
  }

  private static String encoded(String variable, String login) {
    try {
      String decoded = URLDecoder.decode(login.replace("+", "%2B"), StandardCharsets.UTF_8);
      return Base64.getEncoder().encodeToString(decoded.getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new InvalidSettings(
          variable + " has a \"%\" that is not followed by two hexadecimal digits; write %25.");
    }
  }

  /** A URL without user and password, for messages. */
  static String withoutLogin(String url) {
    String shown = url.replaceFirst("^(\\w+://)?.*@", "$1***@");
    return shown.substring(0, Math.min(shown.length(), 200));
  }

  private boolean isDirect(URI address) {
    String host = address.getHost().replaceAll("^\\[|]$|\\.$", "").toLowerCase(Locale.ROOT);
    int port =
        address.getPort() < 0 ? address.getScheme().equals("https") ? 443 : 80 : address.getPort();
    return variable("no_proxy").stream()
        .flatMap(list -> Stream.of(list.getValue().toLowerCase(Locale.ROOT).split("[,\\s]+")))
        .anyMatch(entry -> matches(entry, host, port));
  }

  private static boolean matches(String entry, String host, int port) {
    Matcher withPort = WITH_PORT.matcher(entry);
    boolean hasPort = withPort.matches();
    if (hasPort && !withPort.group(2).equals(Integer.toString(port))) {
      return false;
    }
    String pattern = (hasPort ? withPort.group(1) : entry).replaceAll("[\\[\\]]", "");
    String[] network = pattern.split("/", 2);
    if (network.length == 2 || IP_ADDRESS.matcher(pattern).matches()) {
      return isInNetwork(entry, network, host);
    }
    String domain = pattern.replaceAll("^\\*?\\.|\\.$", "");
    return domain.equals("*") || (!domain.isEmpty() && ("." + host).endsWith("." + domain));
  }

  /** Whether a host has the leading bits of a network; all bits if no number of bits is given. */
  private static boolean isInNetwork(String entry, String[] network, String host) {
    try {
      if (!IP_ADDRESS.matcher(network[0]).matches()) {
        throw new UnknownHostException();
      }
      byte[] wanted = InetAddress.getByName(network[0]).getAddress();
      int bits = network.length == 1 ? wanted.length * 8 : Integer.parseInt(network[1]);
      if (bits < 0 || bits > wanted.length * 8) {
        throw new NumberFormatException();
      }
      if (!IP_ADDRESS.matcher(host).matches()) {
        return false; // Names are not resolved.
      }
      byte[] actual = InetAddress.getByName(host).getAddress();
      int ignored = wanted.length * 8 - bits;
      return actual.length == wanted.length
          && new BigInteger(1, actual).xor(new BigInteger(1, wanted)).shiftRight(ignored).signum()
              == 0;
    } catch (UnknownHostException | NumberFormatException e) {
      throw new InvalidSettings(
          "no_proxy contains \"%s\", which is not an IP address or a network such as 10.0.0.0/8.",
          entry.substring(0, Math.min(entry.length(), 200)));
    }
  }

  @Override
  public List<Proxy> select(URI address) {
    return List.of(
        server(address)
            .map(it -> new Proxy(Proxy.Type.HTTP, new InetSocketAddress(it.host(), it.port())))
            .orElse(Proxy.NO_PROXY));
  }

  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
    // The client reports it.
  }
}
