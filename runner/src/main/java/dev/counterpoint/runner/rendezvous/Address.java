package dev.counterpoint.runner.rendezvous;

import dev.counterpoint.core.settings.InvalidSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * A host by name or number, and a port.
 *
 * @param port 0 is any that is free
 */
public record Address(String host, int port) {
  private static final int LARGEST_PORT = 65_535;

  /** This machine alone, any free port. */
  public static final Address LOCAL = new Address("127.0.0.1", 0);

  /**
   * Reads {@code HOST:PORT}; a host in IPv6 numbers stands in brackets.
   *
   * @param from how messages name where the text was found, as {@code --tracker}
   * @throws InvalidSettings where it is none
   */
  public static Address parse(String from, String text) {
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[|]$", "");
    String port = text.substring(colon + 1);
    if (host.isBlank() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > LARGEST_PORT) {
      throw new InvalidSettings(
          from
              + " \""
              + text
              + "\" must be HOST:PORT, with a port from 0 to "
              + LARGEST_PORT
              + ".");
    }
    return new Address(host, Integer.parseInt(port));
  }

  /** Whether nobody outside of this machine can reach it. */
  public boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** How a name becomes a number. */
  @FunctionalInterface
  interface Names {
    InetAddress number(String host) throws UnknownHostException;
  }

  /**
   * What to know of an address that other machines are to reach: some systems give a machine's own
   * name a number that only the machine itself knows, in {@code /etc/hosts}.
   */
  public Optional<String> doubt() {
    return doubt(InetAddress::getByName);
  }

  Optional<String> doubt(Names names) {
    if (host.equals("localhost") || host.matches("[\\d.]+|.*:.*")) {
      return Optional.empty();
    }
    try {
      InetAddress number = names.number(host);
      return number.isLoopbackAddress()
          ? Optional.of(
              "The tracker's host "
                  + host
                  + " is "
                  + number.getHostAddress()
                  + " here, as /etc/hosts may say, which no other machine reaches. Where ranks are on"
                  + " others, name it by the number that they reach.")
          : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /** Looked up now, as names may move. */
  InetSocketAddress resolved() throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
