package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Inject;
import dev.counterpoint.runner.machine.Examination;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Loads the classes of the libraries that a training loads, so that the launcher can see which they
 * are and share them between JVMs. What runs here only has to be typical.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Loads what training loads; the launcher runs it once for each JVM.")
final class WarmUpCommand implements Callable<Integer> {
  /** Stands for what a run file is read into. */
  record Settings(String name, double rate) {}

  /** Stands for what is wired. */
  static final class Wired {
    final Settings settings;

    @Inject
    Wired(Settings settings) {
      this.settings = settings;
    }
  }

  @Override
  public Integer call() throws IOException {
    Main.commandLine().getUsageMessage();
    Settings settings =
        new ObjectMapper(new YAMLFactory()).readValue("{name: warm-up, rate: 0.5}", Settings.class);
    new ObjectMapper().writeValueAsString(wire(settings).settings);
    Examination.run(ManagementFactory.getRuntimeMXBean().getStartTime());
    return ExitCode.DONE;
  }

  private static Wired wire(Settings settings) {
    return Guice.createInjector(
            new AbstractModule() {
              @Override
              protected void configure() {
                bind(Settings.class).toInstance(settings);
              }
            })
        .getInstance(Wired.class);
  }
}
