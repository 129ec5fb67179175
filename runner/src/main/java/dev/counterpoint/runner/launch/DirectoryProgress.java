package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.CrashMarker;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.strategies.launch.Launcher;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the progress of a run from its run directory. */
record DirectoryProgress(RunDirectory directory, Console console) implements Launcher.RunProgress {
  @Override
  public Set<Long> checkpoints() throws IOException {
    return directory.steps();
  }

  @Override
  public OptionalLong interruptedStep() {
    return CrashMarker.takeStep(directory);
  }

  @Override
  public String resumeHint() {
    return RunDirectory.isRun(directory.path())
        ? "To resume: " + LauncherCommand.line("train", directory.path())
        : "";
  }

  @Override
  public void report(String line) {
    console.log(line);
  }
}
