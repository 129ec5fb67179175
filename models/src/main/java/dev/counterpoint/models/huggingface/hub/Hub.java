package dev.counterpoint.models.huggingface.hub;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.lora.AdapterFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Hugging Face's hub, or a mirror with its paths: {@code /NAME/resolve/REVISION/FILE}. What was
 * fetched is kept by model and commit, and a model that is there whole is never fetched again; only
 * which commit a branch stands at is asked each time, if there is a network.
 */
public final class Hub {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final List<String> TOKENIZER =
      List.of("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt");
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");
  private static final JsonMapper JSON = new JsonMapper();

  private final HubAccess access;
  private final Path cache;
  private final DownloadListener watch;
  private final HubConnection connection;

  /**
   * A hub.
   *
   * @param cache the folder that fetched models are kept in, a folder each
   */
  public Hub(HubAccess access, Path cache, DownloadListener watch) {
    this.access = access;
    this.cache = cache;
    this.watch = watch;
    this.connection = new HubConnection(access);
  }

  /**
   * The folder of a model, fetched if it is not there.
   *
   * @param asked {@code NAME} or {@code NAME@REVISION}
   * @throws InvalidSettings where the hub has no such model, or lets nobody have it
   * @throws IOException where it cannot be fetched, saying why and what to do
   */
  public Path folder(String asked) throws IOException {
    HubName name = HubName.parse(asked);
    Path home = cache.resolve(name.folder());
    try (HubLock lock = HubLock.hold(home, watch)) {
      HubName pinned = name.isCommit() ? name : name.at(commit(name, home));
      Path folder = home.resolve(pinned.revision());
      if (!Files.isRegularFile(folder.resolve(PretrainedFolder.ORIGIN))) {
        fetch(pinned, folder);
      }
      return folder;
    } catch (HubConnection.Unreachable e) {
      throw new IOException(without(name, String.valueOf(e.getMessage())), e);
    }
  }

  private String without(HubName name, String why) {
    return name
        + " cannot be fetched: "
        + why
        + ". Without a network, give a folder in its place, copied from where there is one"
        + " (model.from=DIR); HF_ENDPOINT names another hub.";
  }

  /** Which commit a branch or a tag stands at: as the hub says, or as it said last. */
  private String commit(HubName name, Path home) throws IOException {
    Path known = home.resolve("refs").resolve(name.revision());
    if (access.offline()) {
      return lastCommit(name, known, "HF_HUB_OFFLINE is set, and it is not in the cache");
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
                          name + " is no model that can be read here: it has no " + CONFIG + "."))
              .commit();
      Files.createDirectories(known.getParent());
      Files.writeString(known, commit);
      return commit;
    } catch (HubConnection.Unreachable e) {
      String commit = lastCommit(name, known, String.valueOf(e.getMessage()));
      watch.say(
          e.getMessage() + "; " + name + " is taken as it was fetched last (" + commit + ").");
      return commit;
    }
  }

  private String lastCommit(HubName name, Path known, String why) throws IOException {
    if (!Files.isRegularFile(known)) {
      throw new IOException(without(name, why));
    }
    return Files.readString(known).strip();
  }

  private void fetch(HubName name, Path folder) throws IOException {
    if (access.offline()) {
      throw new IOException(without(name, "HF_HUB_OFFLINE is set, and it is not in the cache"));
    }
    Files.createDirectories(folder);
    watch.say("fetching " + name + " from " + access.endpoint() + " into " + folder);
    if (get(name, CONFIG, folder)) {
      weights(name, folder);
    } else if (!get(name, AdapterFolder.CONFIG, folder)
        || !get(name, AdapterFolder.WEIGHTS, folder)) {
      throw new InvalidSettings(
          name + " has neither " + CONFIG + " nor " + AdapterFolder.WEIGHTS + " with its config.");
    }
    for (String file : TOKENIZER) {
      get(name, file, folder);
    }
    ObjectNode origin = JSON.createObjectNode();
    origin.put("name", name.name()).put("commit", name.revision());
    Path fresh = folder.resolve(PretrainedFolder.ORIGIN + ".new");
    Files.writeString(fresh, origin.toPrettyString() + "\n");
    Files.move(fresh, folder.resolve(PretrainedFolder.ORIGIN), StandardCopyOption.ATOMIC_MOVE);
  }

  private void weights(HubName name, Path folder) throws IOException {
    if (get(name, WEIGHTS, folder)) {
      return;
    }
    if (!get(name, INDEX, folder)) {
      throw new InvalidSettings(
          name
              + " has neither "
              + WEIGHTS
              + " nor "
              + INDEX
              + "; other formats, as pytorch_model.bin, are not read here.");
    }
    for (String shard : shards(folder.resolve(INDEX))) {
      if (!get(name, shard, folder)) {
        throw new InvalidSettings(
            name + " lacks the shard \"" + shard + "\" that its " + INDEX + " names.");
      }
    }
  }

  private static Set<String> shards(Path index) throws IOException {
    Set<String> shards = new TreeSet<>();
    try {
      for (JsonNode shard : JSON.readTree(index.toFile()).path("weight_map")) {
        shards.add(shard.asText());
      }
    } catch (JacksonException e) {
      throw new InvalidSettings(index + " is not JSON: " + e.getOriginalMessage());
    }
    for (String shard : shards) {
      if (!SHARD.matcher(shard).matches()) {
        throw new InvalidSettings(index + " names the shard \"" + shard + "\", which is no name.");
      }
    }
    return shards;
  }

  /** Whether the model has the file, which is on the disk then. */
  private boolean get(HubName name, String file, Path folder) throws IOException {
    if (Files.isRegularFile(folder.resolve(file))) {
      return true;
    }
    Optional<HubConnection.Description> found = connection.describe(name, file);
    if (found.isPresent()) {
      new Download(connection, name, file, found.get(), folder, watch).run();
    }
    return found.isPresent();
  }
}
