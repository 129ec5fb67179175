package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.parameter.NamePattern;
import dev.counterpoint.core.settings.Checks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What differs for parameters of certain names: an entry of {@code training.parameterGroups} in a
 * run file. The first group that matches a name has it.
 *
 * @param match name patterns, as {@code embedding.*}
 * @param learningRate in place of the optimizer's
 * @param weightDecay in place of the optimizer's
 */
public record ParameterGroup(
    List<String> match, @Nullable Double learningRate, @Nullable Double weightDecay) {
  public ParameterGroup {
    Checks checks =
        new Checks().that(!match.isEmpty(), "match", match, "must have a pattern at least");
    if (learningRate != null) {
      checks.notNegative("learningRate", learningRate);
    }
    if (weightDecay != null) {
      checks.notNegative("weightDecay", weightDecay);
    }
    checks.verify();
    match = List.copyOf(match);
  }

  /** The first of the groups that matches a name, or one that says nothing. */
  static ParameterGroup of(String name, List<ParameterGroup> groups) {
    return groups.stream()
        .filter(group -> group.match().stream().anyMatch(it -> new NamePattern(it).test(name)))
        .findFirst()
        .orElseGet(() -> new ParameterGroup(List.of(name), null, null));
  }
}
