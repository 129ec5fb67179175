package dev.counterpoint.runner.scaffold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.initializer.InitializerConfig;
import dev.counterpoint.core.model.pooling.PoolingConfig;
import dev.counterpoint.core.model.position.PositionsConfig;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.inference.TrainedConfig;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.runner.wiring.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EjectedSourceTest {
  private static final Set<Class<?>> CONTRACTS =
      Set.of(
          ModelConfig.class,
          AttentionConfig.class,
          FeedForwardConfig.class,
          NormConfig.class,
          PositionsConfig.class,
          PoolingConfig.class,
          InitializerConfig.class,
          Loss.class,
          OptimizerConfig.class,
          Schedule.class);

  @TempDir private Path folder;

  @Test
  void copyOfEveryBuiltInPartCompiles() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Catalog<?> catalog : Catalogs.all()) {
      for (Class<?> record : catalog.records()) {
        if (CONTRACTS.contains(catalog.contract())
            && !PretrainedConfig.class.isAssignableFrom(record)
            && record != TrainedConfig.class) {
          files.add(write(record, "Copy" + files.size()));
        }
      }
    }

    try (SourcePath compiled = SourcePath.open(files)) {
      assertThat(compiled.compiled()).hasSizeGreaterThan(files.size());
    }
    assertThat(files).hasSizeGreaterThan(40);
  }

  /** Each in a package of its own, as several contain the same helper class. */
  private Path write(Class<?> record, String name) throws IOException {
    boolean isModel = ModelConfig.class.isAssignableFrom(record);
    String text =
        EjectedSource.of(record, name, other -> isModel && !NewExperiment.isContract(other));
    return Files.writeString(folder.resolve(name + ".java"), "package copy" + name + ";\n" + text);
  }

  @Test
  void helpersOfThePackageAreInTheFileAndOtherClassesAreImported() {
    String text =
        EjectedSource.of(dev.counterpoint.core.schedule.Linear.class, "Mine", other -> false);

    assertThat(text)
        .contains("public record Mine(double warmup)", "\nrecord Warmup(")
        .contains("import dev.counterpoint.core.schedule.Schedule;")
        .doesNotContain("package ");
  }
}
