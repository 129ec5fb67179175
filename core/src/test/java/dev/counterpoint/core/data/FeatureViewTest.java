package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FeatureViewTest {
  private static final FeatureView VIEW =
      FeatureView.of("customer", "customer_id", List.of("income", "age"));
  private static final ModelSignature SIGNATURE =
      ModelSignature.of(
          List.of(new ModelSignature.Field("income", "numeric", List.of(-1), false, null, null)),
          List.of());

  @TempDir private Path folder;

  @Test
  void allSettingsAreSavedInTheSignature() throws IOException {
    FeatureView view =
        RecordCopy.with(
            VIEW,
            Map.of(
                "maxAge",
                Duration.ofHours(36),
                "allowStaleUpTo",
                Duration.ofDays(7),
                "missing",
                FeatureView.Policy.DEFAULT,
                "defaultValues",
                Map.of("income", "0")));

    SIGNATURE.withFeatures(List.of(view)).write(folder.resolve(ModelSignature.FILE));

    assertThat(ModelSignature.read(folder).orElseThrow().features()).containsExactly(view);
  }

  @Test
  void aSignatureWithoutFeaturesDoesNotMentionThem() throws IOException {
    Path file = folder.resolve(ModelSignature.FILE);

    SIGNATURE.withFeatures(List.of()).write(file);

    assertThat(Files.readString(file)).doesNotContain("features");
    assertThat(ModelSignature.read(folder)).contains(SIGNATURE);
  }

  @Test
  void impossibleSettingsAreRefused() {
    for (Map<String, Object> change :
        List.<Map<String, Object>>of(
            Map.of("name", "a b"),
            Map.of("key", "income"),
            Map.of("columns", List.of("age", "age")),
            Map.of("defaultValues", Map.of("other", "1")),
            Map.of("allowStaleUpTo", Duration.ofDays(1)),
            Map.of("maxAge", Duration.ofDays(2), "allowStaleUpTo", Duration.ofDays(1)))) {
      assertThatThrownBy(() -> RecordCopy.with(VIEW, change))
          .as(change.toString())
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(change.keySet().stream().sorted().findFirst().orElseThrow());
    }
  }
}
