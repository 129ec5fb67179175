package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.parameter.NamePattern;
import dev.counterpoint.core.settings.Checks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings for parameters whose names match a pattern: an entry of {@code training.parameterGroups}
 * in a run file. The first group that matches a name applies.
 *
 * @param match name patterns, such as {@code embedding.*}
 * @param learningRate overrides the optimizer's learning rate; null for no override
 * @param weightDecay overrides the optimizer's weight decay; null for no override
 */
public record ParameterGroup(
    List<String> match, @Nullable Double learningRate, @Nullable Double weightDecay) {
  public ParameterGroup {
    new Checks()
        .that(!match.isEmpty(), "match", match, "must contain at least one pattern")
        .notNegative("learningRate", learningRate)
        .notNegative("weightDecay", weightDecay)
        .verify();
    match = List.copyOf(match);
  }

  /** The first group that matches a name, or a group without overrides. */
  static ParameterGroup of(String name, List<ParameterGroup> groups) {
    return groups.stream()
        .filter(group -> group.match().stream().anyMatch(it -> new NamePattern(it).test(name)))
        .findFirst()
        .orElseGet(() -> new ParameterGroup(List.of(name), null, null));
  }
}
