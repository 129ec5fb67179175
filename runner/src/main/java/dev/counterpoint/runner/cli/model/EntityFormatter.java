package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.tokenclassification.Entity;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Formats the entities that a model finds in texts as tab-separated lines.
 *
 * @param split how texts are split into words
 */
record EntityFormatter(Pipeline pipeline, EntityPredictor.Words split)
    implements PredictionFormatter {
  @Override
  public List<String> format(List<ModelInput> inputs) {
    List<List<Entity>> all =
        pipeline.entities(inputs.stream().map(ModelInput::text).toList(), split);
    return PredictionFormatter.each(inputs, all, EntityFormatter::lines);
  }

  /** One line for each entity, followed by an empty line. */
  private static String lines(ModelInput input, List<Entity> entities) {
    return entities.stream().map(entity -> line(entity) + "\n").collect(Collectors.joining());
  }

  private static String line(Entity entity) {
    return Formats.of(
        "%s\t%.4f\t%d-%d\t%s",
        ControlCharacterEscaper.of(entity.type()),
        entity.probability(),
        entity.start(),
        entity.end(),
        ControlCharacterEscaper.of(entity.text()));
  }
}
