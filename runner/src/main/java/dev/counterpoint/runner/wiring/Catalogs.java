package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.EarlyStop;
import dev.counterpoint.core.callback.tensorboard.TensorBoard;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.loss.BinaryCrossEntropy;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Huber;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.MeanSquaredError;
import dev.counterpoint.core.metric.ClassificationMetrics;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.metric.Perplexity;
import dev.counterpoint.core.metric.ProbabilityMetrics;
import dev.counterpoint.core.metric.RankingMetrics;
import dev.counterpoint.core.metric.RegressionMetrics;
import dev.counterpoint.core.metric.Spearman;
import dev.counterpoint.core.metric.TaskMetrics;
import dev.counterpoint.core.optimizer.Adadelta;
import dev.counterpoint.core.optimizer.Adagrad;
import dev.counterpoint.core.optimizer.Adam;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.Adamax;
import dev.counterpoint.core.optimizer.NAdam;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.optimizer.RAdam;
import dev.counterpoint.core.optimizer.RmsProp;
import dev.counterpoint.core.optimizer.Sgd;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.schedule.Cosine;
import dev.counterpoint.core.schedule.CosineAnnealing;
import dev.counterpoint.core.schedule.CosineAnnealingRestarts;
import dev.counterpoint.core.schedule.CosineRestarts;
import dev.counterpoint.core.schedule.Exponential;
import dev.counterpoint.core.schedule.InverseSqrt;
import dev.counterpoint.core.schedule.Linear;
import dev.counterpoint.core.schedule.MultiStep;
import dev.counterpoint.core.schedule.OneCycle;
import dev.counterpoint.core.schedule.Polynomial;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.schedule.Step;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.inference.ModelCatalogs;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.runner.mlflow.Mlflow;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.feature.redis.RedisStore;
import dev.counterpoint.serving.feature.sql.EmbeddedStore;
import dev.counterpoint.serving.feature.sql.PostgreSqlStore;
import dev.counterpoint.strategies.distributed.DistributedTrainingStrategy;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import dev.counterpoint.tasks.imageclassification.ImageClassification;
import dev.counterpoint.tasks.maskedlanguagemodel.MaskedLanguageModel;
import dev.counterpoint.tasks.questionanswering.QuestionAnswering;
import dev.counterpoint.tasks.tabular.Tabular;
import dev.counterpoint.tasks.textclassification.TextClassification;
import dev.counterpoint.tasks.textgeneration.TextGeneration;
import dev.counterpoint.tasks.tokenclassification.TokenClassification;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The built-in implementations that run files can select by a short name. User-defined
 * implementations are named by their class.
 */
public final class Catalogs {
  private static final Catalog<CallbackConfig> CALLBACKS =
      Catalog.of(CallbackConfig.class)
          .with("early-stop", EarlyStop.Config.class)
          .with("best-model", BestModel.Config.class)
          .with("tensorboard", TensorBoard.Config.class)
          .with("mlflow", Mlflow.Config.class);

  private Catalogs() {}

  /** The names of the built-in callbacks that do not affect results. */
  public static Set<String> reportingCallbacks() {
    return CALLBACKS.names(CallbackConfig.OnlyReports.class);
  }

  /** One catalog for each contract. */
  public static List<Catalog<?>> all() {
    List<Catalog<?>> catalogs = new ArrayList<>(ModelCatalogs.all());
    Collections.addAll(
        catalogs,
        Catalog.of(DataSource.class)
            .with("text-classification", TextClassification.class)
            .with("token-classification", TokenClassification.class)
            .with("text-generation", TextGeneration.class)
            .with("masked-language-model", MaskedLanguageModel.class)
            .with("question-answering", QuestionAnswering.class)
            .with("tabular", Tabular.class)
            .with("image-classification", ImageClassification.class),
        Catalog.of(Loss.class)
            .with("cross-entropy", CrossEntropy.class)
            .with("binary-cross-entropy", BinaryCrossEntropy.class)
            .with("mean-squared-error", MeanSquaredError.class)
            .with("huber", Huber.class),
        Catalog.of(MetricConfig.class)
            .with("task", TaskMetrics.class)
            .with("accuracy", ClassificationMetrics.Accuracy.class)
            .with("balanced-accuracy", ClassificationMetrics.BalancedAccuracy.class)
            .with("precision", ClassificationMetrics.Precision.class)
            .with("recall", ClassificationMetrics.Recall.class)
            .with("f1", ClassificationMetrics.F1.class)
            .with("f-beta", ClassificationMetrics.FBeta.class)
            .with("mcc", ClassificationMetrics.Mcc.class)
            .with("cohen-kappa", ClassificationMetrics.CohenKappa.class)
            .with("confusion-matrix", ClassificationMetrics.Confusion.class)
            .with("top-k", ProbabilityMetrics.TopK.class)
            .with("log-loss", ProbabilityMetrics.LogLoss.class)
            .with("brier", ProbabilityMetrics.Brier.class)
            .with("calibration-error", ProbabilityMetrics.CalibrationError.class)
            .with("roc-auc", RankingMetrics.RocAuc.class)
            .with("average-precision", RankingMetrics.AveragePrecision.class)
            .with("perplexity", Perplexity.Config.class)
            .with("mae", RegressionMetrics.Mae.class)
            .with("mse", RegressionMetrics.Mse.class)
            .with("rmse", RegressionMetrics.Rmse.class)
            .with("mape", RegressionMetrics.Mape.class)
            .with("r2", RegressionMetrics.R2.class)
            .with("pearson", RegressionMetrics.Pearson.class)
            .with("spearman", Spearman.class),
        Catalog.of(OptimizerConfig.class)
            .with("sgd", Sgd.class)
            .with("adam", Adam.class)
            .with("adamw", AdamW.class)
            .with("rmsprop", RmsProp.class)
            .with("adagrad", Adagrad.class)
            .with("adadelta", Adadelta.class)
            .with("adamax", Adamax.class)
            .with("nadam", NAdam.class)
            .with("radam", RAdam.class),
        Catalog.of(Schedule.class)
            .with("constant", Constant.class)
            .with("linear", Linear.class)
            .with("cosine", Cosine.class)
            .with("cosine-restarts", CosineRestarts.class)
            .with("polynomial", Polynomial.class)
            .with("inverse-sqrt", InverseSqrt.class)
            .with("step", Step.class)
            .with("multi-step", MultiStep.class)
            .with("exponential", Exponential.class)
            .with("cosine-annealing", CosineAnnealing.class)
            .with("cosine-annealing-restarts", CosineAnnealingRestarts.class)
            .with("one-cycle", OneCycle.class),
        Catalog.of(StrategyConfig.class)
            .with("standard", StandardTrainingStrategy.Config.class)
            .with("distributed", DistributedTrainingStrategy.Config.class),
        CALLBACKS,
        Catalog.of(FeatureStoreConfig.class)
            .with("embedded", EmbeddedStore.class)
            .with("postgresql", PostgreSqlStore.class)
            .with("redis", RedisStore.class));
    return catalogs;
  }
}
