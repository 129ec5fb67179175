package dev.counterpoint.runner.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this program, from its jar. */
public final class Version implements IVersionProvider {
  /** As {@code 0.1.0}; {@code development} where classes run outside a jar. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"counterpoint " + current() + " (Java " + Runtime.version() + ")"};
  }
}
