package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Folders with tokenizers, and the ids that Transformers gives: the output of {@code peer.py}. */
record PeerTokenizers(Path folder) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Unpacks the recorded tokenizers. */
  static PeerTokenizers golden(Path folder) throws IOException {
    try (InputStream archive = PeerTokenizers.class.getResourceAsStream("peer/golden.zip");
        ZipInputStream files = new ZipInputStream(archive)) {
      for (ZipEntry file = files.getNextEntry(); file != null; file = files.getNextEntry()) {
        Path target = folder.resolve(file.getName());
        Files.createDirectories(target.getParent());
        Files.copy(files, target);
      }
    }
    return new PeerTokenizers(folder);
  }

  List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  Map<String, byte[]> files(String name) throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>();
    JSON.readTree(folder.resolve("texts.json").toFile()).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** What Transformers gives for a folder: {@code ids} of each text, or {@code error}. */
  JsonNode expected(String name) throws IOException {
    return JSON.readTree(folder.resolve("expected.json").toFile()).path(name);
  }

  /** Asserts that a tokenizer gives the ids of Transformers, or is rejected. */
  boolean assertSameIdsOrRejected(String name, JsonNode expected) throws IOException {
    try (TextEncoder encoder =
        new TextEncoder(TokenizerFolder.open(folder.resolve(name)), 1_000_000)) {
      assertThat(expected.path("error").asText()).as("error of %s", name).isEmpty();
      List<String> texts = texts();
      for (int i = 0; i < texts.size(); i++) {
        assertThat(
                JSON.valueToTree(encoder.encodings(List.of(texts.get(i)), null)[0].getIds())
                    .toString())
            .as("%s: %s", name, texts.get(i))
            .isEqualTo(expected.path("ids").path(i).toString());
      }
      return true;
    } catch (InvalidSettings e) {
      assertThat(e).hasMessageContaining(folder.resolve(name).toString());
      return false;
    }
  }
}
