package dev.counterpoint.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.inference.Pipeline;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class LoadedModelsTest {
  @Test
  void closingDoesNotWaitWithoutLimitForAModelThatIsUsed() throws IOException {
    LoadedModels models = new LoadedModels();
    models.add("sentiment", Pipeline.open(ProductionModelServiceTest.SENTIMENT));
    try (ModelLease lease = models.getModel(ModelId.parse("sentiment"))) {
      assertThat(CompletableFuture.runAsync(() -> models.close(Duration.ofMillis(10))))
          .succeedsWithin(Duration.ofSeconds(20));
      assertThat(lease.pipeline().classify("a fine film").label()).isEqualTo("good");
    }
  }
}
