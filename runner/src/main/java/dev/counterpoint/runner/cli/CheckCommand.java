package dev.counterpoint.runner.cli;

import picocli.CommandLine.Command;

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
final class CheckCommand {}
