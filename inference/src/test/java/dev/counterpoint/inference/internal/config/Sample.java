package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sample settings records that use every supported component type. */
public final class Sample {
  static final String FILE =
      """
      name: sentiment
      seed: 17
      model: {type: transformer, width: 128, heads: 4, pooling: last-token}
      data:
        train: {path: train.tsv}
        labels: [no, yes, 1.10]
      training:
        epochs: 3
        batchSize: 32
        optimizer:
          type: adamw
          learningRate: 5e-4
          beta1: 0.8
        schedule: {type: linear, warmup: 0.1}
        groups:
          - match: [embedding.*]
            learningRate: 1.0e-5
          - match: ["*.bias"]
      tags: {owner.team: nlp, port: 8080}
      """;

  static final Catalog<Rule> RULES =
      Catalog.of(Rule.class)
          .with("adam", Adam.class)
          .with("adamw", AdamW.class)
          .with("sgd", Sgd.class);
  static final Catalog<Rate> RATES =
      Catalog.of(Rate.class).with("constant", Constant.class).with("linear", Linear.class);
  static final Catalog<Model> MODELS =
      Catalog.of(Model.class).with("transformer", Transformer.class);

  private Sample() {}

  static Binder binder() {
    return binder(SourcePath.none());
  }

  static Binder binder(SourcePath classes) {
    return new Binder(List.of(RULES, RATES, MODELS), classes);
  }

  static Run bind(String yaml, String... sets) {
    return binder().bind(SettingsTree.load("sentiment.yaml", yaml, List.of(sets)), Run.class);
  }

  public interface Rule {
    double learningRate();
  }

  public interface Rate {}

  public interface Model {}

  public enum Pooling {
    MEAN,
    LAST_TOKEN
  }

  public record Run(
      String name,
      long seed,
      Model model,
      Data data,
      Training training,
      Map<String, String> tags,
      @Nullable Rule loss) {}

  public record Transformer(int width, int heads, Pooling pooling) implements Model {
    public Transformer {
      new Checks()
          .positive("width", width)
          .positive("heads", heads)
          .that(heads == 0 || width % heads == 0, "heads", heads, "must divide width " + width)
          .verify();
    }

    public static Transformer defaults() {
      return new Transformer(64, 2, Pooling.MEAN);
    }
  }

  public record Data(
      File train, @Nullable File validation, Optional<Integer> limit, List<String> labels) {}

  public record File(String path) {}

  public record Training(
      int epochs,
      int batchSize,
      Rule optimizer,
      Rate schedule,
      @Nullable Double clipNorm,
      boolean shuffle,
      List<Group> groups) {
    public Training {
      new Checks().positive("epochs", epochs).positive("batchSize", batchSize).verify();
    }

    public static Training defaults() {
      return new Training(1, 8, new AdamW(2e-3, 0.9, 0.999), new Constant(), 1.0, true, List.of());
    }
  }

  public record Group(List<String> match, @Nullable Double learningRate) {}

  public record Adam(double learningRate) implements Rule {
    public static Adam defaults() {
      return new Adam(1e-3);
    }
  }

  public record AdamW(double learningRate, double beta1, double beta2) implements Rule {
    public AdamW {
      new Checks()
          .positive("learningRate", learningRate)
          .below("beta1", beta1, 0, 1)
          .below("beta2", beta2, 0, 1)
          .verify();
    }

    public static AdamW defaults() {
      return new AdamW(1e-3, 0.9, 0.999);
    }
  }

  public record Sgd(double learningRate, double momentum) implements Rule {
    public static Sgd defaults() {
      return new Sgd(1e-2, 0);
    }
  }

  public record Constant() implements Rate {}

  public record Linear(double warmup) implements Rate {
    public static Linear defaults() {
      return new Linear(0);
    }
  }
}
