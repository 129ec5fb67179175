package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The tensors of a model's folder as Hugging Face lays it: in one {@code model.safetensors}, or in
 * several files that {@code model.safetensors.index.json} names for each tensor. For one thread.
 */
public final class SafetensorsFolder implements Closeable {
  private static final String WHOLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  /** A name in the folder itself: an index leads nowhere else. */
  private static final Pattern PLAIN = Pattern.compile("(?!\\.)[^/\\\\:]+\\.safetensors");

  private final Path folder;
  private final Map<String, SafetensorsReader> files = new HashMap<>();
  private final SortedMap<String, SafetensorsReader> byTensor = new TreeMap<>();

  private SafetensorsFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Opens all files of a folder and checks their headers; no tensor is read.
   *
   * @throws InvalidSettings where there is neither of the two files
   * @throws DamagedFile naming the file, where the index or a file is not what it must be
   */
  public static SafetensorsFolder open(Path folder) throws IOException {
    SafetensorsFolder opened = new SafetensorsFolder(folder);
    try {
      if (Files.exists(folder.resolve(WHOLE))) {
        SafetensorsReader whole = opened.file(WHOLE);
        whole.tensors().keySet().forEach(name -> opened.byTensor.put(name, whole));
      } else {
        opened.openIndexed();
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void openIndexed() throws IOException {
    Path index = folder.resolve(INDEX);
    if (!Files.isRegularFile(index)) {
      throw new InvalidSettings(folder + " has neither " + WHOLE + " nor " + INDEX + ".");
    }
    for (Map.Entry<String, JsonNode> entry : weightMap(index).properties()) {
      String file = entry.getValue().asText();
      if (!entry.getValue().isTextual() || !PLAIN.matcher(file).matches()) {
        throw new DamagedFile(
            index, "tensor \"" + entry.getKey() + "\" is to be in " + entry.getValue());
      }
      if (!Files.isRegularFile(folder.resolve(file))) {
        throw new DamagedFile(folder.resolve(file), "it is missing, but named in " + INDEX);
      }
      SafetensorsReader reader = file(file);
      if (!reader.tensors().containsKey(entry.getKey())) {
        throw new DamagedFile(
            index, "tensor \"" + entry.getKey() + "\" is to be in " + file + ", and is not");
      }
      byTensor.put(entry.getKey(), reader);
    }
  }

  private static JsonNode weightMap(Path index) throws IOException {
    if (Files.size(index) > SafetensorsHeader.LARGEST) {
      throw new DamagedFile(index, "it is larger than an index can be");
    }
    try {
      JsonNode map = new JsonMapper().readTree(Files.readAllBytes(index)).path("weight_map");
      if (map.isObject() && !map.isEmpty()) {
        return map;
      }
    } catch (JsonProcessingException e) {
      throw new DamagedFile(index, "it is not well-formed JSON: " + e.getOriginalMessage());
    }
    throw new DamagedFile(index, "it has no \"weight_map\" from tensors to files");
  }

  private SafetensorsReader file(String name) throws IOException {
    SafetensorsReader open = files.get(name);
    if (open == null) {
      open = SafetensorsReader.open(folder.resolve(name));
      files.put(name, open);
    }
    return open;
  }

  /** What the files hold together, by name; the byte ranges are those in each one's file. */
  public SortedMap<String, StoredTensor> tensors() {
    SortedMap<String, StoredTensor> tensors = new TreeMap<>();
    byTensor.forEach((name, file) -> tensors.put(name, stored(file, name)));
    return Collections.unmodifiableSortedMap(tensors);
  }

  private static StoredTensor stored(SafetensorsReader file, String name) {
    StoredTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new IllegalStateException(name + " was there when the folder was opened.");
    }
    return tensor;
  }

  /** Reads one tensor into a new array, as {@link SafetensorsReader#load} does. */
  public NDArray load(String name, NDManager manager) throws IOException {
    return reader(name).load(name, manager);
  }

  /** Reads one tensor into an array that exists, as {@link SafetensorsReader#read} does. */
  public void read(String name, NDArray target) throws IOException {
    reader(name).read(name, target);
  }

  private SafetensorsReader reader(String name) {
    SafetensorsReader reader = byTensor.get(name);
    if (reader == null) {
      throw new InvalidSettings(
          folder
              + " has no tensor \""
              + name
              + "\"; it has: "
              + String.join(", ", byTensor.keySet()));
    }
    return reader;
  }

  @Override
  public void close() throws IOException {
    List<IOException> failures = new ArrayList<>();
    for (SafetensorsReader file : files.values()) {
      try {
        file.close();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw failures.get(0);
    }
  }
}
