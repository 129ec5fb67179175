package dev.counterpoint.models.internal.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.huggingface.AdapterFolder;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Client of the Hugging Face hub or a mirror with the same paths, {@code
 * /NAME/resolve/REVISION/FILE}. Downloads are cached by model and commit, and a complete model is
 * never downloaded again; only the current commit of a branch is requested each time, if there is a
 * network.
 */
public final class Hub {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final List<String> TOKENIZER =
      List.of(
          ("tokenizer.json tokenizer_config.json special_tokens_map.json added_tokens.json"
                  + " generation_config.json vocab.txt vocab.json merges.txt")
              .split(" "));
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");

  private final HubAccess access;
  private final Path cache;
  private final DownloadListener listener;
  private final HubConnection connection;

  /**
   * Creates a client.
   *
   * @param cache folder for downloaded models, with one subfolder per model
   */
  public Hub(HubAccess access, Path cache, DownloadListener listener) {
    this.access = access;
    this.cache = cache;
    this.listener = listener;
    this.connection = new HubConnection(access);
  }

  /**
   * The folder of a model, downloaded if it is not in the cache.
   *
   * @param reference {@code NAME} or {@code NAME@REVISION}
   * @throws InvalidSettings if the hub has no such model or denies access to it
   * @throws IOException if the download fails; the message has the reason and what to do
   */
  public Path folder(String reference) throws IOException {
    HubName name = HubName.parse(reference);
    Path home = cache.resolve(name.folder());
    try (HubLock lock = HubLock.acquire(home, listener)) {
      HubName pinned = name.isCommit() ? name : name.withRevision(commit(name, home));
      Path folder = home.resolve(pinned.revision());
      if (!Files.isRegularFile(folder.resolve(PretrainedFolder.ORIGIN))) {
        download(pinned, folder);
      }
      return folder;
    } catch (HubConnection.Unreachable e) {
      throw new IOException(failureMessage(name, String.valueOf(e.getMessage())), e);
    } catch (FileSystemException e) {
      throw new IOException(IoFailure.ofCache(e), e);
    }
  }

  private String failureMessage(HubName name, String reason) {
    return "Cannot download %s: %s. Without network access, set model.from to a folder copied from another machine; HF_ENDPOINT selects another hub."
        .formatted(name, reason);
  }

  /**
   * The current commit of a branch or tag: from the hub, or from the last request if the hub cannot
   * be reached.
   */
  private String commit(HubName name, Path home) throws IOException {
    Path refFile = home.resolve("refs").resolve(name.revision());
    if (access.offline()) {
      return lastCommit(name, refFile, "HF_HUB_OFFLINE is set and the model is not in the cache");
    }
    try {
      Optional<HubConnection.Description> config = connection.describe(name, CONFIG);
      if (config.isEmpty()) {
        config = connection.describe(name, AdapterFolder.CONFIG);
      }
      String commit =
          config
              .orElseThrow(
                  () ->
                      new InvalidSettings(
                          name + " is not a supported model: it has no " + CONFIG + "."))
              .commit();
      Files.createDirectories(refFile.getParent());
      Files.writeString(refFile, commit);
      return commit;
    } catch (HubConnection.Unreachable e) {
      String commit = lastCommit(name, refFile, String.valueOf(e.getMessage()));
      listener.log(
          e.getMessage() + "; using the last downloaded commit of " + name + " (" + commit + ").");
      return commit;
    }
  }

  private String lastCommit(HubName name, Path refFile, String reason) throws IOException {
    if (!Files.isRegularFile(refFile)) {
      throw new IOException(failureMessage(name, reason));
    }
    return Files.readString(refFile).strip();
  }

  private void download(HubName name, Path folder) throws IOException {
    if (access.offline()) {
      throw new IOException(
          failureMessage(name, "HF_HUB_OFFLINE is set and the model is not in the cache"));
    }
    Files.createDirectories(folder);
    listener.log("Downloading " + name + " from " + access.endpoint() + " to " + folder + ".");
    if (downloadIfPresent(name, CONFIG, folder)) {
      downloadWeights(name, folder);
    } else if (!downloadIfPresent(name, AdapterFolder.CONFIG, folder)
        || !downloadIfPresent(name, AdapterFolder.WEIGHTS, folder)) {
      throw new InvalidSettings(
          "%s has neither %s nor %s with %s.",
          name, CONFIG, AdapterFolder.CONFIG, AdapterFolder.WEIGHTS);
    }
    for (String file : TOKENIZER) {
      downloadIfPresent(name, file, folder);
    }
    ObjectNode origin = JsonNodeFactory.instance.objectNode();
    origin.put("name", name.name()).put("commit", name.revision());
    Path temporary = folder.resolve(PretrainedFolder.ORIGIN + ".new");
    Files.writeString(temporary, origin.toPrettyString() + "\n");
    Files.move(temporary, folder.resolve(PretrainedFolder.ORIGIN), StandardCopyOption.ATOMIC_MOVE);
  }

  private void downloadWeights(HubName name, Path folder) throws IOException {
    if (downloadIfPresent(name, WEIGHTS, folder)) {
      return;
    }
    if (!downloadIfPresent(name, INDEX, folder)) {
      throw new InvalidSettings(
          "%s has neither %s nor %s; other formats, such as pytorch_model.bin, are not supported.",
          name, WEIGHTS, INDEX);
    }
    for (String shard : shards(folder.resolve(INDEX))) {
      if (!downloadIfPresent(name, shard, folder)) {
        throw new InvalidSettings(
            name + " lacks the shard \"" + shard + "\" listed in its " + INDEX + ".");
      }
    }
  }

  private static Set<String> shards(Path index) throws IOException {
    Set<String> shards = new TreeSet<>();
    for (JsonNode shard : PretrainedFolder.json(index).path("weight_map")) {
      shards.add(shard.asText());
    }
    for (String shard : shards) {
      if (!SHARD.matcher(shard).matches()) {
        throw new InvalidSettings(
            index + " lists the shard \"" + shard + "\", which is not a valid file name.");
      }
    }
    return shards;
  }

  /**
   * Downloads a file if the model has it.
   *
   * @return whether the model has the file
   */
  private boolean downloadIfPresent(HubName name, String file, Path folder) throws IOException {
    if (Files.isRegularFile(folder.resolve(file))) {
      return true;
    }
    Optional<HubConnection.Description> found = connection.describe(name, file);
    if (found.isPresent()) {
      new Download(connection, name, file, found.get(), folder, listener).run();
    }
    return found.isPresent();
  }
}
