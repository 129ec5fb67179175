package dev.counterpoint.runner.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterpoint check}: verifies guarantees of Counterpoint on a user's run. */
@Command(
    name = "check",
    description =
        "Verifies on your run that resuming and batch splitting do not change the result, where its"
            + " weights come from, and which records it has used.",
    synopsisSubcommandLabel = "CHECK",
    commandListHeading = "%nChecks:%n",
    subcommands = {
      CheckResumeCommand.class,
      CheckEquivalenceCommand.class,
      CheckHistoryCommand.class,
      CheckLedgerCommand.class
    })
final class CheckCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "specify the check to run: resume, equivalence, history or ledger");
  }
}
