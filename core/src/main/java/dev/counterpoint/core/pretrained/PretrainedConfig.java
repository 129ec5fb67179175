package dev.counterpoint.core.pretrained;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a model that may begin from a folder of Hugging Face's, and whose result is such a
 * folder again.
 */
public interface PretrainedConfig extends ModelConfig {
  /** The folder to begin from; null where the model starts from nothing. */
  @Nullable String from();

  /** How the family's checkpoints name what they hold. */
  CheckpointNames names();

  /**
   * The same settings with nothing left open.
   *
   * @param folder begun from, whose {@code config.json} tells the sizes; null where the model
   *     starts from nothing
   * @throws dev.counterpoint.core.settings.InvalidSettings where there is no such file, or it is of
   *     another model, or the settings ask for other sizes
   */
  PretrainedConfig resolve(@Nullable Path folder) throws IOException;

  /** The {@code config.json} that Hugging Face reads. */
  ObjectNode huggingFaceConfig(DataSpec data);

  /**
   * Gives an initialized model the weights of the folder that it begins from.
   *
   * @return what is worth telling: what was made new, what was left aside
   */
  default List<String> loadInto(BaseModel model) throws IOException {
    String from = from();
    return from == null
        ? List.of()
        : PretrainedFolder.of(Path.of(from)).load(model.parameters(), names());
  }
}
