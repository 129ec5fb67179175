package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.lora.AdapterFolder;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the models of one architecture of Hugging Face's have in common.
 *
 * @param type the {@code model_type} of their {@code config.json}
 * @param names how their checkpoints name what they hold
 * @param targets the layers that PEFT adapts where nothing is said
 * @param transposed whether the weights of linear layers are kept as (inputs, outputs)
 * @param defaults sizes of a model that starts from nothing
 * @param read takes the sizes from a {@code config.json}
 * @param <A> sizes of a model
 */
public record ModelFamily<A>(
    String type,
    StateDictNames names,
    List<String> targets,
    boolean transposed,
    A defaults,
    Function<ConfigReader, A> read) {
  /** What a model is for. */
  public interface Task {
    /** What others call it, and what a model has for it. */
    TaskNames names();
  }

  /**
   * The names around a task.
   *
   * @param huggingFace Hugging Face's class, as {@code BertForSequenceClassification}
   * @param peft PEFT's name, as {@code SEQ_CLS}; null where it has none
   * @param head the layers that are made for this task, and that no checkpoint of another task has
   * @param beside more layers beside the body, which most published checkpoints have
   */
  public record TaskNames(
      String huggingFace, @Nullable String peft, List<String> head, List<String> beside) {}

  /**
   * Settings with nothing left open.
   *
   * @param from the folder or hub name of a whole model; null where it starts from nothing
   * @param architecture its sizes
   * @param lora null where the whole model is trained
   */
  public record Start<A>(@Nullable String from, A architecture, @Nullable Lora lora) {}

  /**
   * Makes a new model one whose adapter alone is trained, if there is one.
   *
   * @throws InvalidSettings where the adapter names layers that the model has not
   */
  public void adapt(BaseModel model, @Nullable Lora lora, Task task) {
    if (lora != null) {
      lora.orDefaults(targets, task.names().head()).applyTo(model);
    }
  }

  /** The sizes that are asked for, or else the defaults. */
  public A sizes(@Nullable A asked) {
    return asked == null ? defaults : asked;
  }

  /**
   * Settings with nothing left open.
   *
   * @param from the folder to begin from, or a name on the hub; of a model, or of an adapter and
   *     thereby of the model that it adapts; null to start from nothing
   * @param newHead whether the head starts anew even where the folder has one
   * @param asked sizes that the folder must have; null for whatever it has, or else the defaults
   * @param files finds what is named
   * @throws InvalidSettings where it is no such folder, or the settings ask for another model, or
   *     there is an adapter, but nothing to adapt
   */
  public Start<A> start(
      @Nullable String from,
      boolean newHead,
      @Nullable A asked,
      @Nullable Lora lora,
      Task task,
      Function<String, Path> files)
      throws IOException {
    if (newHead && (from == null || task.names().head().isEmpty())) {
      throw new InvalidSettings(
          "model.newHead lets the head of a folder start anew: model.from must name the folder, and"
              + " the task must have a head of its own, which "
              + task
              + (task.names().head().isEmpty() ? " has not." : " has."));
    }
    if (from != null) {
      Start<A> start = startFrom(from, asked, lora, task, files);
      if (newHead && !trainsHead(start.lora(), task)) {
        throw new InvalidSettings(
            "model.newHead does not go with an adapter that has its own head, or trains none.");
      }
      return start;
    }
    if (lora != null) {
      throw new InvalidSettings(
          "model.lora adapts a model that was trained before: model.from must name its folder.");
    }
    return new Start<>(null, sizes(asked), null);
  }

  /** Whether the head of the task is trained anew: with the model, or beside a new adapter. */
  private static boolean trainsHead(@Nullable Lora lora, Task task) {
    List<String> whole = lora == null ? null : lora.modulesToSave();
    return lora == null
        || (lora.from() == null && whole != null && whole.containsAll(task.names().head()));
  }

  private Start<A> startFrom(
      String from, @Nullable A asked, @Nullable Lora lora, Task task, Function<String, Path> files)
      throws IOException {
    Path path = files.apply(from);
    if (AdapterFolder.isIn(path)) {
      String base = base(new AdapterFolder(path));
      Lora given = lora == null ? Lora.defaults() : lora;
      return startFrom(
          base,
          asked,
          given.or(new Lora(path.toString(), null, null, null, null, null, false)),
          task,
          files);
    }
    PretrainedFolder folder = PretrainedFolder.of(path);
    ConfigReader config =
        new ConfigReader(folder.config(type), folder.path().resolve("config.json").toString());
    A found = read.apply(config);
    if (asked != null && !asked.equals(found)) {
      throw new InvalidSettings(
          "model.architecture is not that of "
              + config.name()
              + "; leave it out beside model.from, or make it "
              + found);
    }
    return new Start<>(folder.name(), found, adapter(lora, task, folder, files));
  }

  /** What an adapter adapts, as {@code model.from} would name it. */
  private static String base(AdapterFolder adapter) throws IOException {
    String base = adapter.base();
    if (Files.isDirectory(Path.of(base))) {
      return base;
    }
    String revision = adapter.revision();
    return PretrainedFolder.HUB + base + (revision == null ? "" : "@" + revision);
  }

  private @Nullable Lora adapter(
      @Nullable Lora asked, Task task, PretrainedFolder base, Function<String, Path> files)
      throws IOException {
    if (asked == null) {
      return null;
    }
    if (asked.from() != null) {
      Lora found = new AdapterFolder(files.apply(asked.from())).lora();
      return asked.goingOnFrom(found);
    }
    List<String> whole = new ArrayList<>(task.names().head());
    for (String layer : task.names().beside()) {
      if (!base.has(layer, names)) {
        whole.add(layer);
      }
    }
    return asked.orDefaults(targets, whole);
  }

  /** A {@code config.json} with what the configurations of all families have. */
  public ObjectNode huggingFaceConfig(Task task, DataSpec data) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", type);
    config.putArray("architectures").add(task.names().huggingFace());
    config.put("pad_token_id", data.paddingId());
    config.put("tie_word_embeddings", true);
    config.put("torch_dtype", "float32");
    ModelLabels.write(data, config);
    return config;
  }
}
