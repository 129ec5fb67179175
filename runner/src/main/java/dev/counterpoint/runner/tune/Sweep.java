package dev.counterpoint.runner.tune;

import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.parameter.Seeds;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A sweep: the trainings of one run with different settings.
 *
 * @param parameters the values by key of the run file
 * @param trials the number of random trials; null for a grid, which has all combinations
 * @param seed the seed of random trials
 * @param metric the validation metric that is compared
 * @param mode which values of the metric are better; null for the mode that the metric declares
 * @param halving ends poor trials early; null to train all to the end
 * @param parallel the number of trials at a time, which does not change the results
 * @param threads the threads of each trial, on which the results depend; null for an equal part of
 *     the processors
 */
public record Sweep(
    Map<String, Values> parameters,
    @Nullable Integer trials,
    long seed,
    String metric,
    @Nullable Mode mode,
    @Nullable Halving halving,
    int parallel,
    @Nullable Integer threads) {
  private static final int MAX_TRIALS = 1000;

  public Sweep {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    new Checks()
        .size("trials", trials, MAX_TRIALS)
        .positive("parallel", parallel)
        .positive("threads", threads)
        .verify();
  }

  public static Sweep defaults() {
    return new Sweep(Map.of(), null, 1, "loss", null, null, 1, null);
  }

  /**
   * Reads {@code --sweep} options: a YAML file, or {@code KEY=VALUES} of one setting. Later ones
   * override earlier ones.
   *
   * @throws InvalidSettings if one is invalid
   */
  public static Sweep of(List<String> options) throws IOException {
    Sweep sweep = defaults();
    for (String option : options) {
      int equals = option.indexOf('=');
      if (equals > 0) {
        Map<String, Values> parameters = new LinkedHashMap<>(sweep.parameters);
        parameters.put(option.substring(0, equals), Values.parse(option.substring(equals + 1)));
        sweep = RecordCopy.with(sweep, "parameters", parameters);
      } else if (option.endsWith(".yaml") || option.endsWith(".yml")) {
        SettingsTree tree = SettingsTree.load(option, Utf8File.read(Path.of(option)), List.of());
        sweep = new Binder(List.of(), SourcePath.none()).bind(tree, Sweep.class);
      } else {
        throw new InvalidSettings(
            "--sweep %s must be KEY=VALUE,VALUE, such as"
                + " training.optimizer.learningRate=1e-4,1e-3, or a YAML file.",
            option);
      }
    }
    return sweep;
  }

  /**
   * The settings of all trials, in order; they depend only on the sweep and its seed.
   *
   * @throws InvalidSettings if there are none or too many
   */
  public List<Map<String, String>> settings() {
    if (parameters.isEmpty()) {
      throw new InvalidSettings("The sweep has no parameters, such as --sweep model.dropout=0,0.1");
    }
    if (trials != null) {
      List<Map<String, String>> drawn = new ArrayList<>();
      for (int i = 0; i < trials; i++) {
        SplittableRandom random = new SplittableRandom(Seeds.of(seed, i));
        Map<String, String> trial = new LinkedHashMap<>();
        parameters.forEach((key, values) -> trial.put(key, values.draw(random)));
        drawn.add(trial);
      }
      return drawn;
    }
    List<Map<String, String>> grid = List.of(Map.of());
    for (Map.Entry<String, Values> parameter : parameters.entrySet()) {
      String key = parameter.getKey();
      List<String> values =
          parameter
              .getValue()
              .list()
              .orElseThrow(
                  () ->
                      new InvalidSettings(
                          "%s is a range and requires random trials: add --trials N.", key));
      List<Map<String, String>> product = new ArrayList<>();
      for (Map<String, String> before : grid) {
        for (String value : values) {
          Map<String, String> trial = new LinkedHashMap<>(before);
          trial.put(key, value);
          product.add(trial);
        }
      }
      if (product.size() > MAX_TRIALS) {
        throw new InvalidSettings("The grid has more than %s trials.", MAX_TRIALS);
      }
      grid = product;
    }
    return grid;
  }
}
