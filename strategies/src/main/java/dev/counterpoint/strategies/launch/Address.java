package dev.counterpoint.strategies.launch;

import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * A host, as a name or an IP address, and a port.
 *
 * @param port 0 is any free port
 */
public record Address(String host, int port) implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int MAX_PORT = 65_535;

  /** The loopback interface, any free port. */
  public static final Address LOOPBACK = new Address("127.0.0.1", 0);

  /**
   * Parses {@code HOST:PORT}; IPv6 addresses are in brackets.
   *
   * @param source the option or variable with the text, as {@code --tracker}, for messages
   * @throws LaunchException if the text is not an address
   */
  public static Address parse(String source, String text) {
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[|]$", "");
    String port = text.substring(colon + 1);
    if (host.isBlank() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > MAX_PORT) {
      throw LaunchException.invalid(
          source + " \"" + text + "\" must be HOST:PORT, with a port from 0 to " + MAX_PORT + ".");
    }
    return new Address(host, Integer.parseInt(port));
  }

  /** Whether only processes on the same machine can connect. */
  public boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Resolves a host name. */
  @FunctionalInterface
  interface Resolver {
    InetAddress resolve(String host) throws UnknownHostException;
  }

  /**
   * A warning if other machines probably cannot connect: on some systems {@code /etc/hosts} maps
   * the machine's own name to a loopback address.
   */
  public Optional<String> loopbackWarning() {
    return loopbackWarning(InetAddress::getByName);
  }

  Optional<String> loopbackWarning(Resolver resolver) {
    if (host.equals("localhost") || host.matches("[\\d.]+|.*:.*")) {
      return Optional.empty();
    }
    try {
      InetAddress address = resolver.resolve(host);
      return address.isLoopbackAddress()
          ? Optional.of(
              String.format(
                  "The tracker's host %s resolves to %s on this machine (see /etc/hosts), which other"
                      + " machines cannot reach. If ranks run on other machines, use an IP address that"
                      + " they can reach.",
                  host, address.getHostAddress()))
          : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /** The address for a socket; the name is resolved now. */
  public InetSocketAddress resolved() throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
