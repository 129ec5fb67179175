package dev.counterpoint.tasks.textgeneration;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratedSamplesTest {
  private static final int LENGTH = 20;

  @TempDir Path folder;

  @Test
  void aPromptIsNotLongerThanItsText() throws IOException {
    Path train = Files.writeString(folder.resolve("train.txt"), "abcabcabc");
    Path validation = Files.writeString(folder.resolve("validation.txt"), "abc");
    TextGeneration data =
        new TextGeneration(
            new FileSplit(train.toString()),
            new FileSplit(validation.toString()),
            0,
            null,
            null,
            LENGTH);
    EndOfTextModel model = new EndOfTextModel();
    try (DataSplits splits =
            data.open(new DataContext(folder.resolve("cache"), folder::resolve, LENGTH, 17));
        BaseModel initialized = model) {
      initialized.initialize(Device.cpu(), 1);
      splits.samples().of(initialized);
    }

    // The end-of-text token is 0; it is never an input.
    assertThat(model.prompt).containsExactly(2, 3, 4);
  }

  /** Model that always predicts the end-of-text token. */
  private static final class EndOfTextModel extends BaseModel implements DecoderSession.Model {
    private long @Nullable [] prompt;

    @Override
    public DecoderSession newSession() {
      return new DecoderSession() {
        @Override
        public NDArray forward(NDArray ids, NDArray positions, @Nullable NDArray mask) {
          if (prompt == null) {
            prompt = ids.get(0).toLongArray();
          }
          long rows = ids.getShape().get(0);
          float[] logits = new float[(int) rows * 5];
          for (int row = 0; row < rows; row++) {
            logits[row * 5] = 100;
          }
          return ids.getManager().create(logits, new Shape(rows, 5));
        }

        @Override
        public void reorder(NDArray rows) {}

        @Override
        public void close() {}
      };
    }

    @Override
    public NDArray forward(Batch batch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }
}
