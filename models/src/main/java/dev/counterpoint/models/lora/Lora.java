package dev.counterpoint.models.lora;

import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Updates of low rank in place of training a whole model: Hu et al. 2021, "LoRA", as PEFT's {@code
 * LoraConfig} has them. What is null is taken from the adapter that is begun from, or else has its
 * default.
 *
 * @param from a folder with an adapter to go on from; null to begin with one that adds nothing
 * @param rank of the updates; 8
 * @param alpha what they are multiplied by, times the rank; 16
 * @param targets names of linear layers, whole or from the last dots on: PEFT's {@code
 *     target_modules}
 * @param dropout on what the updates read; 0
 * @param modulesToSave names of layers that are trained whole: PEFT's {@code modules_to_save}; the
 *     head of the task, and what the model that is begun from lacks
 * @param merge whether the updates are taken into the weights at the end
 */
public record Lora(
    @Nullable String from,
    @Nullable Integer rank,
    @Nullable Double alpha,
    @Nullable List<String> targets,
    @Nullable Double dropout,
    @FormerName("alsoTrained") @Nullable List<String> modulesToSave,
    boolean merge) {
  private static final int RANK = 8;
  private static final double ALPHA = 16;

  public Lora {
    Checks checks = new Checks();
    if (rank != null) {
      checks.positive("rank", rank);
    }
    if (alpha != null) {
      checks.positive("alpha", alpha);
    }
    if (dropout != null) {
      checks.below("dropout", dropout, 0, 1);
    }
    if (targets != null) {
      checks.that(!targets.isEmpty(), "targets", targets, "must name a layer at least");
      targets = List.copyOf(targets);
    }
    modulesToSave = modulesToSave == null ? null : List.copyOf(modulesToSave);
    checks.verify();
  }

  /** All that is left open, with nothing to go on from. */
  public static Lora defaults() {
    return new Lora(null, null, null, null, null, null, false);
  }

  /** The same, with what is null as in another. */
  public Lora or(Lora other) {
    return new Lora(
        from == null ? other.from : from,
        rank == null ? other.rank : rank,
        alpha == null ? other.alpha : alpha,
        targets == null ? other.targets : targets,
        dropout == null ? other.dropout : dropout,
        modulesToSave == null ? other.modulesToSave : modulesToSave,
        merge);
  }

  /**
   * The adapter of a folder, to go on from.
   *
   * @param found what that folder says, which stands for all that is null here
   * @throws InvalidSettings where these settings ask for another adapter, naming all that differs
   */
  public Lora goingOnFrom(Lora found) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    addDifference("rank", rank, found.rank, problems);
    addDifference("alpha", alpha, found.alpha, problems);
    addDifference("targets", sorted(targets), sorted(found.targets), problems);
    addDifference("modulesToSave", sorted(modulesToSave), sorted(found.modulesToSave), problems);
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new Lora(found.from, null, null, null, dropout, null, merge).or(found);
  }

  private void addDifference(
      String key,
      @Nullable Object asked,
      @Nullable Object found,
      List<InvalidSettings.Problem> problems) {
    if (asked != null && !asked.equals(found)) {
      problems.add(
          new InvalidSettings.Problem(
              "model.lora." + key,
              asked + " is not that of the adapter in " + from + ": " + found));
    }
  }

  private static @Nullable Object sorted(@Nullable List<String> names) {
    return names == null ? null : names.stream().sorted().toList();
  }

  /** The same, with the defaults for what is still null. */
  public Lora orDefaults(List<String> targets, List<String> modulesToSave) {
    return or(new Lora(null, RANK, ALPHA, targets, 0.0, modulesToSave, false));
  }

  int ranks() {
    return rank == null ? RANK : rank;
  }

  double alphas() {
    return alpha == null ? ALPHA : alpha;
  }

  double dropouts() {
    return dropout == null ? 0 : dropout;
  }

  List<String> targetNames() {
    return targets == null ? List.of() : targets;
  }

  List<String> trainedNames() {
    return modulesToSave == null ? List.of() : modulesToSave;
  }

  /**
   * Gives the target layers of a model their updates, and freezes all else but what is also
   * trained. To be called before the model is initialized.
   *
   * @throws InvalidSettings where a name is that of no layer, saying which there are
   */
  public void applyTo(BaseModel model) {
    Map<String, Linear> linears = model.linears();
    List<Parameter> parameters = model.parameters();
    checkNames(linears, parameters);
    parameters.forEach(parameter -> parameter.setTrainable(isTrained(parameter)));
    linears.forEach(
        (path, linear) -> {
          if (targetNames().stream().anyMatch(target -> isNamed(path, target))) {
            linear.adapt(ranks(), alphas() / ranks(), dropouts());
          }
        });
  }

  private void checkNames(Map<String, Linear> linears, List<Parameter> parameters) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    for (String target : targetNames()) {
      List<String> named = linears.keySet().stream().filter(it -> isNamed(it, target)).toList();
      if (named.isEmpty()) {
        problems.add(problem("targets", target, "is no linear layer of the model", linears));
      } else if (named.stream().anyMatch(this::isTrainedWhole)) {
        problems.add(problem("targets", target, "is trained whole (modulesToSave)", linears));
      }
    }
    for (String whole : trainedNames()) {
      if (parameters.stream().noneMatch(it -> isWithin(it.name(), whole))) {
        problems.add(problem("modulesToSave", whole, "is no layer of the model", linears));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  private static InvalidSettings.Problem problem(
      String key, String name, String what, Map<String, Linear> linears) {
    TreeSet<String> names = new TreeSet<>();
    linears.keySet().forEach(path -> names.add(path.substring(path.lastIndexOf('.') + 1)));
    return new InvalidSettings.Problem(
        "model.lora." + key,
        String.format(
            Locale.ROOT,
            "\"%s\" %s; its linear layers are %s",
            name,
            what,
            String.join(", ", names)));
  }

  /** Whether a parameter is of an update. */
  public static boolean isUpdate(Parameter parameter) {
    return parameter.name().matches(".*\\.lora_[AB]\\.weight");
  }

  /** Whether a parameter is trained as it is, beside the updates. */
  public boolean isTrained(Parameter parameter) {
    return isTrainedWhole(parameter.name());
  }

  private boolean isTrainedWhole(String name) {
    return trainedNames().stream().anyMatch(whole -> isWithin(name, whole));
  }

  /** Whether a path is a layer's, by its whole name or what is behind some dot. */
  private static boolean isNamed(String path, String layer) {
    return ("." + path).endsWith("." + layer);
  }

  /** Whether a path is a layer's, or that of something in it. */
  private static boolean isWithin(String path, String layer) {
    return ("." + path + ".").contains("." + layer + ".");
  }

  /** Takes the updates of a model into its weights; it is then as if trained whole. */
  public static void merge(BaseModel model) {
    model.linears().values().forEach(Linear::merge);
  }
}
