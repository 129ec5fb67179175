package dev.counterpoint.tasks.tokenclassification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.tasks.tokenizer.SharedFiles;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Token ids and labels of all sentences of WNUT 2017 are those of transformers; its values were
 * recorded with {@code labels.py}.
 */
class WordLabelsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "bert-base-uncased, train, f96b7ed511d04ba202958ea02a0c6155785ee7d1eb926ea0057c4dca0535fbb4",
    "bert-base-uncased, validation, fb3f6be27a9195fa3f92eb564c4fce21a8f2c09974f58eba3fc826b948a1ea18",
    "bert-base-uncased, test, ded98a556470d7c102194dfa6146a5a0e73a04801c4b3d3657a56682dc9178b6",
    "gpt2, train, 8af16c9b523ecaefe3ebf719aafd0bffa4d74a833bebb348142cc2e02f87e3c8",
    "gpt2, validation, 2d47effaac24ec54d27ee1ae09dd16eb5a46d5405b342d07af336a437057646b",
    "gpt2, test, 7ee2913ad0705b0f79f2f6fe31e4c1bb84c75595942291b0b6af3f6e2728b988"
  })
  void labelsAreThoseOfTransformers(String name, String split, String expected) throws IOException {
    Path wnut = SharedFiles.find("data/wnut17");
    Path json = SharedFiles.find("tokenizers/" + name + "/tokenizer.json");
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, json.toString(), 1_000, 1, true);
    DataSplits data =
        new TokenClassification(
                new FileSplit(wnut.resolve("train.conll").toString()),
                new FileSplit(wnut.resolve("dev.conll").toString()),
                new FileSplit(wnut.resolve("test.conll").toString()),
                1,
                null,
                null,
                tokenizer,
                null)
            .open(new DataContext(folder, Path::of, 512, 17));

    MessageDigest digest = Sha256.begin();
    for (long i = 0; i < data.splits().get(split).size(); i++) {
      HostBatch row = data.splits().get(split).collate(new long[] {i});
      String line = numbers(row, Batch.IDS) + "\t" + numbers(row, Batch.LABELS) + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Sha256.hex(digest)).isEqualTo(expected);
  }

  private static String numbers(HostBatch row, String tensor) {
    return LongStream.of(row.tensors().get(tensor).longs())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(" "));
  }
}
