import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.Checks;

/** The mean of the vectors of an item's words, and a linear head. */
public final class WordAverage extends BaseModel {
  private final Embedding words;
  private final Linear head;

  private WordAverage(Config config, DataSpec data) {
    words = new Embedding(data.vocabularySize(), config.width());
    head = new Linear(config.width(), data.labels().size());
  }

  @Override
  public NDArray forward(Batch batch) {
    NDArray mask = batch.mask().expandDims(2); // (batch, tokens, 1)
    NDArray sum = words.forward(batch.ids()).mul(mask).sum(new int[] {1}); // (batch, width)
    return head.forward(sum.div(mask.sum(new int[] {1}))); // (batch, labels)
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  /**
   * Its settings.
   *
   * @param width numbers a word
   * @param maxLength the most words of an item
   */
  public record Config(int width, int maxLength) implements ModelConfig {
    public Config {
      new Checks().positive("width", width).positive("maxLength", maxLength).verify();
    }

    public static Config defaults() {
      return new Config(64, 64);
    }

    @Override
    public BaseModel build(DataSpec data) {
      return new WordAverage(this, data);
    }
  }
}
