package dev.counterpoint.models.lora;

import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * LoRA settings (Hu et al. 2021), as in PEFT's {@code LoraConfig}. Null values are taken from the
 * existing adapter, or else have their defaults.
 *
 * @param from folder of an existing adapter to continue training; null for a new one, whose update
 *     is initially zero
 * @param rank rank of the updates; default 8
 * @param alpha scaling: the updates are multiplied by alpha / rank; default 16
 * @param targets names of linear layers, complete or the last parts of the path: PEFT's {@code
 *     target_modules}
 * @param dropout dropout probability on the input of the updates; default 0
 * @param modulesToSave names of layers that are fully trained: PEFT's {@code modules_to_save};
 *     default: the head of the task, and layers that the pretrained model lacks
 * @param merge whether to merge the updates into the weights at the end
 */
public record Lora(
    @Nullable String from,
    @Nullable Integer rank,
    @Nullable Double alpha,
    @Nullable List<String> targets,
    @Nullable Double dropout,
    @FormerName("alsoTrained") @Nullable List<String> modulesToSave,
    boolean merge) {
  private static final int DEFAULT_RANK = 8;
  private static final double DEFAULT_ALPHA = 16;

  public Lora {
    new Checks()
        .positive("rank", rank)
        .positive("alpha", alpha)
        .below("dropout", dropout, 0, 1)
        .that(
            targets == null || !targets.isEmpty(),
            "targets",
            List.of(),
            "must contain at least one layer name")
        .verify();
    targets = targets == null ? null : List.copyOf(targets);
    modulesToSave = modulesToSave == null ? null : List.copyOf(modulesToSave);
  }

  /** Settings without an existing adapter, with all values at their defaults. */
  public static Lora defaults() {
    return new Lora(null, null, null, null, null, null, false);
  }

  /** A copy in which null values are taken from the given settings. */
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
   * The settings to continue training an existing adapter.
   *
   * @param stored the settings in the adapter's folder, which replace null values here
   * @throws InvalidSettings if these settings contradict the stored ones, listing all differences
   */
  public Lora resumeFrom(Lora stored) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    addDifference("rank", rank, stored.rank, problems);
    addDifference("alpha", alpha, stored.alpha, problems);
    addDifference("targets", sorted(targets), sorted(stored.targets), problems);
    addDifference("modulesToSave", sorted(modulesToSave), sorted(stored.modulesToSave), problems);
    InvalidSettings.requireNone(problems);
    return new Lora(stored.from, null, null, null, dropout, null, merge).or(stored);
  }

  private void addDifference(
      String key,
      @Nullable Object requested,
      @Nullable Object stored,
      List<InvalidSettings.Problem> problems) {
    if (requested != null && !requested.equals(stored)) {
      problems.add(
          new InvalidSettings.Problem(
              "model.lora." + key,
              requested + " differs from the adapter in " + from + ", which has " + stored));
    }
  }

  private static @Nullable Object sorted(@Nullable List<String> names) {
    return names == null ? null : names.stream().sorted().toList();
  }

  /** A copy in which null values are replaced by the defaults. */
  public Lora orDefaults(List<String> targets, List<String> modulesToSave) {
    return or(new Lora(null, DEFAULT_RANK, DEFAULT_ALPHA, targets, 0.0, modulesToSave, false));
  }

  public int rankOrDefault() {
    return rank == null ? DEFAULT_RANK : rank;
  }

  public double alphaOrDefault() {
    return alpha == null ? DEFAULT_ALPHA : alpha;
  }

  public double dropoutOrDefault() {
    return dropout == null ? 0 : dropout;
  }

  public List<String> targetsOrEmpty() {
    return targets == null ? List.of() : targets;
  }

  public List<String> modulesToSaveOrEmpty() {
    return modulesToSave == null ? List.of() : modulesToSave;
  }

  /**
   * Adds updates to the target layers of a model and freezes all other parameters except for those
   * of {@link #modulesToSave}. Must be called before the model is initialized.
   *
   * @throws InvalidSettings if a name does not match any layer; the message lists the layers
   */
  public void applyTo(BaseModel model) {
    Map<String, Linear> linears = model.linears();
    List<Parameter> parameters = model.parameters();
    checkNames(linears, parameters);
    checkShared(model.sharedPaths());
    parameters.forEach(parameter -> parameter.setTrainable(isModuleToSave(parameter)));
    linears.forEach(
        (path, linear) -> {
          if (targetsOrEmpty().stream().anyMatch(target -> isNamed(path, target))) {
            linear.adapt(rankOrDefault(), alphaOrDefault() / rankOrDefault(), dropoutOrDefault());
          }
        });
  }

  private void checkNames(Map<String, Linear> linears, List<Parameter> parameters) {
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    for (String target : targetsOrEmpty()) {
      List<String> named = linears.keySet().stream().filter(it -> isNamed(it, target)).toList();
      if (named.isEmpty()) {
        problems.add(problem("targets", target, "is not a linear layer of the model", linears));
      } else if (named.stream().anyMatch(this::isInModuleToSave)) {
        problems.add(
            problem("targets", target, "is in modulesToSave, so it cannot be a target", linears));
      }
    }
    for (String module : modulesToSaveOrEmpty()) {
      if (parameters.stream().noneMatch(it -> isWithin(it.name(), module))) {
        problems.add(problem("modulesToSave", module, "is not a layer of the model", linears));
      }
    }
    InvalidSettings.requireNone(problems);
  }

  /**
   * Rejects modules that contain a shared parameter at one path, but not at another. PEFT trains a
   * copy at that path only.
   */
  private void checkShared(Map<String, String> sharedPaths) {
    sharedPaths.forEach(
        (path, name) -> {
          if (isInModuleToSave(name) && !isInModuleToSave(path)) {
            throw new InvalidSettings(
                "model.lora.modulesToSave %s cannot contain %s, which %s shares; an adapter cannot train it",
                modulesToSaveOrEmpty(), name, path);
          }
        });
  }

  private static InvalidSettings.Problem problem(
      String key, String name, String issue, Map<String, Linear> linears) {
    TreeSet<String> names = new TreeSet<>();
    linears.keySet().forEach(path -> names.add(path.substring(path.lastIndexOf('.') + 1)));
    return new InvalidSettings.Problem(
        "model.lora." + key,
        Formats.of("\"%s\" %s; linear layers: %s", name, issue, String.join(", ", names)));
  }

  /** Whether a parameter belongs to a LoRA update. */
  public static boolean isUpdate(Parameter parameter) {
    return parameter.name().matches(".*\\.lora_[AB]\\.weight");
  }

  /** Whether a parameter is fully trained because it belongs to {@link #modulesToSave}. */
  public boolean isModuleToSave(Parameter parameter) {
    return isInModuleToSave(parameter.name());
  }

  private boolean isInModuleToSave(String name) {
    return modulesToSaveOrEmpty().stream().anyMatch(module -> isWithin(name, module));
  }

  /** Whether a path denotes a layer, named by its full path or by the last parts of the path. */
  private static boolean isNamed(String path, String layer) {
    return ("." + path).endsWith("." + layer);
  }

  /** Whether a path denotes a layer or something inside of it. */
  private static boolean isWithin(String path, String layer) {
    return ("." + path + ".").contains("." + layer + ".");
  }

  /** Merges all LoRA updates of a model into its weights. */
  public static void merge(BaseModel model) {
    model.linears().values().forEach(Linear::merge);
  }
}
