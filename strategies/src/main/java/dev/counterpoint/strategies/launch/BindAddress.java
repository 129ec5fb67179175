package dev.counterpoint.strategies.launch;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a rank listens for the rank before it in the ring.
 *
 * @param host an address of this machine
 * @param firstPort 0 for any free port
 * @param lastPort the last port of the range
 */
public record BindAddress(String host, int firstPort, int lastPort) {
  /** The variable with {@code ADDRESS:FIRST-LAST}; each part may be omitted. */
  public static final String VARIABLE = "COUNTERPOINT_BIND";

  private static final Pattern FORM =
      Pattern.compile("(\\[[^]]+]|[^:\\[\\]]*)(?::(\\d{1,5})(?:-(\\d{1,5}))?)?");

  /**
   * Reads the variable. If the ranks meet on the loopback interface, all are on this machine, and
   * listen only there.
   *
   * @param local the address from which this rank has reached the tracker; the default
   * @throws LaunchException if the variable is malformed, or names all addresses
   */
  public static BindAddress of(Map<String, String> environment, String local) {
    String text = environment.getOrDefault(VARIABLE, "");
    Matcher form = FORM.matcher(text);
    int first = form.matches() ? port(form.group(2), 0) : -1;
    int last = form.matches() ? port(form.group(3), first) : -1;
    if (first < 0 || last < first || last > Address.MAX_PORT || (first == 0 && last > 0)) {
      throw LaunchException.invalid(
          "%s \"%s\" must be ADDRESS, ADDRESS:PORT or ADDRESS:FIRST-LAST, with ports from 1 to %s."
              .formatted(
                  VARIABLE, text.substring(0, Math.min(text.length(), 100)), Address.MAX_PORT));
    }
    String host = form.group(1).replaceAll("[\\[\\]]", "");
    if (Address.ANY.matcher(host).matches()) {
      throw LaunchException.invalid(
          VARIABLE + " \"" + text + "\" must be a single address of this machine, not a wildcard.");
    }
    return new BindAddress(host.isEmpty() || isLoopback(local) ? local : host, first, last);
  }

  private static int port(@Nullable String digits, int otherwise) {
    return digits == null ? otherwise : Integer.parseInt(digits);
  }

  private static boolean isLoopback(String host) {
    return new Address(host, 0).isLoopback();
  }

  @Override
  public String toString() {
    return new Address(host, firstPort) + (lastPort > firstPort ? "-" + lastPort : "");
  }
}
