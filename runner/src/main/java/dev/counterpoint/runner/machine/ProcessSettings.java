package dev.counterpoint.runner.machine;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.internal.hub.HubAccess;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The settings that this process takes from its environment.
 *
 * @param encoding the encoding of arguments and file names
 * @param jvmVariables the environment variables with JVM options that are set; their values may
 *     contain passwords
 * @param collector the garbage collector
 * @param hub the address of the Hugging Face hub, and its proxy without a password
 * @param temporary the folder for temporary files
 */
public record ProcessSettings(
    String encoding, List<String> jvmVariables, String collector, String hub, Folder temporary) {

  /**
   * Reads the settings of this process.
   *
   * @param problems receives those that do not work, with a remedy
   */
  static ProcessSettings read(
      Map<String, String> environment, Folder cache, List<String> problems) {
    String encoding = System.getProperty("sun.jnu.encoding", "unknown");
    if (!encoding.equals("UTF-8")) {
      problems.add(
          "arguments and file names are decoded as %s; set LC_ALL to a UTF-8 locale, such as C.UTF-8"
              .formatted(encoding));
    }
    Folder temporary = Folder.at(Path.of(System.getProperty("java.io.tmpdir")));
    cache.problem("cache folder", "COUNTERPOINT_CACHE").ifPresent(problems::add);
    if (!temporary.writable()) {
      problems.add(
          "the folder for temporary files %s is not writable; set TMPDIR to a writable folder"
              .formatted(temporary.path()));
    }
    return new ProcessSettings(
        encoding,
        CurrentJvm.VARIABLES.stream().filter(environment::containsKey).toList(),
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .collect(Collectors.joining(", ")),
        hub(environment, problems),
        temporary);
  }

  private static String hub(Map<String, String> environment, List<String> problems) {
    try {
      return HubAccess.of(environment).toString();
    } catch (InvalidSettings invalid) {
      problems.add(String.valueOf(invalid.getMessage()));
      return "invalid settings";
    }
  }
}
