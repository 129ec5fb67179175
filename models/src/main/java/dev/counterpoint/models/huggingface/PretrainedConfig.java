package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.lora.AdapterFolder;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a model that may begin from a folder of Hugging Face's, and whose result is such a
 * folder again, or one of PEFT's.
 */
public interface PretrainedConfig extends ModelConfig {
  /** The folder to begin from, or its name on the hub; null where the model starts from nothing. */
  @Nullable String from();

  /** What is trained in place of the whole model; null where that is trained. */
  @Nullable Lora lora();

  /** Whether the head starts anew even where the folder has one, as for other labels. */
  boolean newHead();

  /** The architecture. */
  ModelFamily<?> family();

  /** What the model is for. */
  ModelFamily.Task task();

  /**
   * The same settings with nothing left open, as the folder that is begun from tells it.
   *
   * @param files finds what is named: a folder, or {@code hf:NAME}
   * @throws dev.counterpoint.core.settings.InvalidSettings where there is no such folder, or it is
   *     of another model, or the settings ask for other sizes
   */
  PretrainedConfig resolve(Function<String, Path> files) throws IOException;

  /** The same model without an adapter, as it is once that is merged. */
  PretrainedConfig merged();

  /** The {@code config.json} that Hugging Face reads. */
  ObjectNode huggingFaceConfig(DataSpec data);

  /**
   * Gives an initialized model the weights of the folder that it begins from, and those of the
   * adapter that it goes on from.
   *
   * @param labels the data's, in the order of their numbers: the head's rows are put into it, where
   *     the folder says whose they are; empty where the data has none
   * @return what is worth telling: what was made new, what was left aside
   */
  default List<String> loadInto(BaseModel model, List<String> labels, Function<String, Path> files)
      throws IOException {
    List<String> notes = new ArrayList<>(loadBase(model, labels, files));
    Lora lora = lora();
    if (lora != null && lora.from() != null) {
      Path folder = files.apply(lora.from());
      new AdapterFolder(folder).load(model, lora);
      List<Parameter> head =
          model.parameters().stream().filter(it -> lora.isTrained(it) && isOfHead(it)).toList();
      notes.addAll(LabelRemapping.arrange(folder, head, labels));
    }
    return notes;
  }

  private boolean isOfHead(Parameter parameter) {
    return task().names().head().stream()
        .anyMatch(layer -> parameter.name().startsWith(layer + "."));
  }

  /** As {@link #loadInto}, without an adapter. */
  default List<String> loadBase(BaseModel model, List<String> labels, Function<String, Path> files)
      throws IOException {
    String from = from();
    if (from == null) {
      return List.of();
    }
    List<Parameter> whole =
        model.parameters().stream().filter(Predicate.not(Lora::isUpdate)).toList();
    return PretrainedFolder.of(files.apply(from))
        .load(whole, family().names(), task().names().head(), newHead(), labels);
  }
}
