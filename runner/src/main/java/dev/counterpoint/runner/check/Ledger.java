package dev.counterpoint.runner.check;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.TrainingConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The steps in which a record of the training data was used. They follow from the seed and the
 * sampler; nothing is trained.
 *
 * @param dataset the training split
 * @param config the training settings of the run
 * @param seed the seed of the run
 */
public record Ledger(Dataset dataset, TrainingConfig config, long seed) {
  /**
   * The possible origins of the examples of a record.
   *
   * @param file the training file, as the dataset names it
   * @param position the line at which the record begins, from 1, or the id of a question
   */
  public static List<String> origins(Path file, String position) {
    return List.of(
        file + " line " + position,
        file + " row " + position,
        file + " image " + position,
        file + " question " + Excerpt.ofItem(position),
        file + ":" + position);
  }

  /**
   * The examples that come from a record: one, or the windows of a question.
   *
   * @param origins their possible origins
   * @throws InvalidSettings if the dataset cannot trace its examples, or has no such record
   */
  public Set<Long> examples(List<String> origins) {
    if (!(dataset instanceof Dataset.Traceable traceable)) {
      throw new InvalidSettings(
          "The examples of this run cannot be traced to lines of a file: %s does not support it.",
          dataset.getClass().getSimpleName());
    }
    Set<Long> examples =
        LongStream.range(0, dataset.size())
            .filter(index -> origins.contains(traceable.origin(index)))
            .boxed()
            .collect(Collectors.toSet());
    if (examples.isEmpty()) {
      throw new InvalidSettings(
          "The training data has no record \"%s\". Write FILE:LINE, or the record as messages name it. The first of its %d records: %s",
          Excerpt.of(origins.get(0)), dataset.size(), traceable.origin(0));
    }
    return examples;
  }

  /**
   * The steps that used examples, from 1.
   *
   * @param last the last step of the run
   * @throws InvalidSettings if the run cannot have that many steps
   */
  public List<Long> steps(Set<Long> examples, long last) {
    long perEpoch = config.sampler(dataset, seed, 1).steps();
    if (last > perEpoch * config.epochs()) {
      throw new InvalidSettings(
          "A checkpoint or summary.json names step %s, but the %s epochs have only %s steps.",
          last, config.epochs(), perEpoch * config.epochs());
    }
    List<Long> steps = new ArrayList<>();
    long step = 0;
    for (int epoch = 1; step < last; epoch++) {
      ShuffledSampler sampler = config.sampler(dataset, seed, epoch);
      for (long i = 0; i < sampler.steps() && step < last; i++) {
        step++;
        if (Arrays.stream(sampler.indices(i)).anyMatch(examples::contains)) {
          steps.add(step);
        }
      }
    }
    return steps;
  }
}
