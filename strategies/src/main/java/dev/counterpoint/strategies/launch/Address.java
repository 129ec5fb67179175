package dev.counterpoint.strategies.launch;

import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host, as a name or an IP address, and a port.
 *
 * @param port 0 is any free port
 */
public record Address(String host, int port) implements Serializable {
  private static final long serialVersionUID = 1L;
  public static final int MAX_PORT = 65_535;

  /** The addresses that mean all interfaces. */
  static final Pattern ANY = Pattern.compile("0\\.0\\.0\\.0|::|\\*");

  private static final String OPTIONS = "--tracker, COUNTERPOINT_TRACKER or MASTER_ADDR";

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
    if (ANY.matcher(host).matches()) {
      throw LaunchException.invalid(
          "%s \"%s\" is not an address that ranks can connect to. Use the IP address of rank 0's machine."
              .formatted(source, text));
    }
    return new Address(host, Integer.parseInt(port));
  }

  /** Whether only processes on the same machine can connect. */
  public boolean isLoopback() {
    return resolve(InetAddress::getByName).filter(InetAddress::isLoopbackAddress).isPresent();
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
    boolean isName = !host.equals("localhost") && !host.matches("[\\d.]+|.*:.*");
    return resolve(resolver)
        .filter(address -> isName && address.isLoopbackAddress())
        .map(
            address ->
                ("The tracker's host %s resolves to %s on this machine (see /etc/hosts), which other"
                        + " machines cannot reach. If ranks run on other machines, use an IP address"
                        + " that they can reach.")
                    .formatted(host, address.getHostAddress()));
  }

  /**
   * The address of the host on this machine, and what to set if ranks on other machines do not find
   * the tracker; a sentence for the end of a message.
   *
   * @param listening whether this machine is rank 0's, on which the tracker listens
   */
  public String advice(boolean listening) {
    return advice(listening, InetAddress::getByName);
  }

  String advice(boolean listening, Resolver resolver) {
    Optional<InetAddress> address = resolve(resolver);
    if (address.isEmpty()) {
      return " This machine cannot resolve %s; use the IP address of rank 0's machine (%s)."
          .formatted(host, OPTIONS);
    }
    String ip = address.get().getHostAddress();
    boolean local = address.get().isLoopbackAddress();
    if (listening) {
      return local
          ? " The tracker listens on %s, which is %s on rank 0's machine: ranks on other machines cannot reach it. If there are such ranks, set the tracker's host to an IP address that they can reach (%s)."
              .formatted(host, ip, OPTIONS)
          : "";
    }
    return local
        ? " On this machine %s is %s, this machine itself. If rank 0 runs on another machine, set the tracker's host to its IP address (%s)."
            .formatted(host, ip, OPTIONS)
        : " On this machine %s is %s. If rank 0 runs there, /etc/hosts of that machine may map %s to a loopback address, where the tracker then listens; use the IP address for all ranks (%s)."
            .formatted(host, ip, host, OPTIONS);
  }

  private Optional<InetAddress> resolve(Resolver resolver) {
    try {
      return Optional.of(resolver.resolve(host));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /** Resolves the host name, and returns the address for a socket. */
  public InetSocketAddress resolved() throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
