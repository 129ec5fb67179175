package dev.counterpoint.runner.cli.option;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of a command line, as arguments for other processes. */
public final class GivenOptions {
  private GivenOptions() {}

  /**
   * Those of the named options that are given, before or after the command. Their values are as
   * written: a path would change a URI.
   */
  public static List<String> of(CommandSpec command, Collection<String> names) {
    List<String> arguments = new ArrayList<>();
    Set<String> given = new HashSet<>();
    ParseResult parsed = command.root().commandLine().getParseResult();
    for (; parsed != null; parsed = parsed.subcommand()) {
      for (OptionSpec option : parsed.matchedOptions()) {
        String name = option.longestName();
        if (!names.contains(name) || !given.add(name)) {
          continue;
        }
        if (option.arity().max() == 0) {
          arguments.add(name);
        } else {
          option.originalStringValues().forEach(value -> arguments.addAll(List.of(name, value)));
        }
      }
    }
    return arguments;
  }
}
