package dev.counterpoint.runner.cli.option;

import dev.counterpoint.inference.internal.code.TrustedCode;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** The {@code --classpath} option of all commands that read a run file or a run directory. */
public final class ClassPathOption {
  @Option(
      names = "--classpath",
      paramLabel = "PATHS",
      description =
          "Jars, class folders and .java files with user-defined classes, separated as in a class"
              + " path. The .java files are compiled at startup. May be repeated.")
  private List<String> paths = new ArrayList<>();

  @Option(
      names = "--trust-code",
      description =
          "Runs the code that a run directory, a step snapshot or a model folder names, although it"
              + " is not in the list of trusted code.")
  private boolean trustCode;

  /** Whether {@code --trust-code} is given. */
  public boolean trustsCode() {
    return trustCode;
  }

  /** The trusted code, which may run although the command line does not name it. */
  public TrustedCode trust() {
    return trustCode ? TrustedCode.everything() : TrustedCode.ofUser();
  }

  /** The class path of the command line, as arguments of another command. */
  public List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    paths().forEach(path -> arguments.addAll(List.of("--classpath", path.toString())));
    return arguments;
  }

  public List<Path> paths() {
    return paths.stream()
        .flatMap(path -> Arrays.stream(path.split(File.pathSeparator)))
        .filter(path -> !path.isEmpty())
        .map(Path::of)
        .toList();
  }
}
