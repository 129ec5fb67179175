package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelSignatureTest {
  private static final Map<String, String> BY = Map.of("counterpoint", "1");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "CLASS, softmax, softmax, label, 2",
    "CLASSES, sigmoid, sigmoid, labels, 2",
    "CLASS_PER_TOKEN, softmax, tokens, tags, 3",
    "SPAN, softmax, span, answer, 3",
    "NEXT_TOKEN, softmax, next-token, token, 3",
    "MASKED_TOKEN, softmax, masked-token, token, 3",
    "NUMBERS, identity, identity, values, 2"
  })
  void outputAndDecisionAreThoseOfTheTarget(
      DataSpec.Target target, String loss, String decision, String output, int dimensions)
      throws IOException {
    DataSpec data = DataSpec.ofText(20, 0, List.of("a", "b")).predicting(target).withMaxLength(9);

    ModelSignature.of(data, false)
        .deciding(data, loss, BY)
        .write(folder.resolve(ModelSignature.FILE));
    ModelSignature read = ModelSignature.read(folder).orElseThrow();

    assertThat(read.decision()).isEqualTo(decision);
    assertThat(read.outputs().get(0).name()).isEqualTo(output);
    assertThat(read.outputs().get(0).shape()).hasSize(dimensions);
    assertThat(read.inputs()).hasSize(target == DataSpec.Target.SPAN ? 2 : 1);
    assertThat(read.inputs().get(0).shape()).containsExactly(-1, 9);
    assertThat(read.threshold() != null).isEqualTo(loss.equals("sigmoid"));
    assertThat(read.versions()).isEqualTo(BY);
  }

  @Test
  void aSignatureOfAnEarlierVersionIsNotRead() throws IOException {
    Files.writeString(
        folder.resolve(ModelSignature.FILE),
        "{\"version\": 1, \"inputs\": [], \"outputs\": [], \"decision\": \"softmax\"}");

    assertThat(ModelSignature.read(folder)).isEmpty();
  }
}
