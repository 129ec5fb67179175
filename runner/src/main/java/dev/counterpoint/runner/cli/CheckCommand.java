package dev.counterpoint.runner.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterpoint check}: the proofs that a user can run. */
@Command(
    name = "check",
    description = "Proves on your own run what Counterpoint promises.",
    synopsisSubcommandLabel = "PROOF",
    commandListHeading = "%nProofs:%n",
    subcommands = {CheckResumeCommand.class, CheckEquivalenceCommand.class})
final class CheckCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a proof: resume, equivalence");
  }
}
