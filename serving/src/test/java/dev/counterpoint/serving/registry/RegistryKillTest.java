package dev.counterpoint.serving.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills processes that change a registry. {@code -Dcounterpoint.kills=N} sets the number. */
final class RegistryKillTest {
  private static final int KILLS = Integer.getInteger("counterpoint.kills", 5);
  private static final int MAX_DELAY_MILLIS = 150;

  @TempDir private Path temporary;

  /** Adds, removes and renames without an end. */
  static final class Changes {
    public static void main(String[] arguments) throws IOException {
      FolderRegistry registry = new FolderRegistry(Path.of(arguments[0]), "child@host");
      for (int i = 0; ; i++) {
        Version version = registry.add("fraud", Path.of(arguments[1 + i % 2]));
        registry.setAlias(ModelId.parse("fraud@champion"), version.number(), null);
        for (Version earlier : List.copyOf(registry.content().versions().get("fraud").values())) {
          if (earlier.number() < version.number()) {
            registry.remove(earlier.id());
          }
        }
        System.out.println(version.number());
      }
    }
  }

  private Path model(String name, int size) throws IOException {
    Path model = Files.createDirectories(temporary.resolve(name));
    Files.writeString(model.resolve("config.json"), "{}");
    Files.write(model.resolve("model.safetensors"), new byte[size]);
    FolderChecksums.write(model);
    return model;
  }

  @Test
  void aKilledProcessLeavesTheStateBeforeOrAfterItsChange() throws Exception {
    Path folder = temporary.resolve("registry");
    FolderRegistry registry = new FolderRegistry(folder, "test@host");
    Path one = model("one", 300_000);
    Path two = model("two", 400_000);
    registry.add("fraud", one);
    Random random = new Random(17);
    int events = 0;
    for (int i = 0; i < KILLS; i++) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Changes.class.getName(),
                  folder.toString(),
                  one.toString(),
                  two.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertThat(child.inputReader().readLine()).matches("\\d+"); // It has begun.
      Thread.sleep(random.nextInt(MAX_DELAY_MILLIS));
      child.destroyForcibly();
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();

      assertThat(registry.verify()).isEmpty();
      RegistryContent content = registry.content();
      assertThat(content.events().size()).isGreaterThan(events);
      events = content.events().size();
      content
          .aliases()
          .getOrDefault("fraud", new TreeMap<>())
          .values()
          .forEach(version -> assertThat(content.versions().get("fraud")).containsKey(version));
    }
  }
}
