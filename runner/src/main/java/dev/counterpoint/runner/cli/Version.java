package dev.counterpoint.runner.cli;

import picocli.CommandLine.IVersionProvider;

/** Program version, read from the jar manifest. */
public final class Version implements IVersionProvider {
  /** Returns the version, such as {@code 0.1.0}, or {@code development} if not run from a jar. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"counterpoint " + current() + " (Java " + Runtime.version() + ")"};
  }
}
