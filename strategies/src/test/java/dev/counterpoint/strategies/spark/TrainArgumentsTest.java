package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TrainArgumentsTest {
  @Test
  void runIsTheFirstWordThatIsNoOptionAndNoValueOfOne() {
    TrainArguments arguments =
        TrainArguments.of(List.of("train", "--set", "seed=1", "hdfs://a/run", "--set", "seed=2"));

    assertThat(arguments.run()).isEqualTo("hdfs://a/run");
    assertThat(arguments.output()).isEmpty();
  }

  @Test
  void valuesOfOptionsAreNotRun() {
    List<String> words =
        List.of(
            "train",
            "--until",
            "5",
            "--spark",
            "spark://h:7077",
            "--classpath",
            "libs:/opt/x.jar",
            "s3a://b/r");

    assertThat(TrainArguments.of(words).run()).isEqualTo("s3a://b/r");
  }

  @Test
  void theOutputIsFoundInBothForms() {
    assertThat(TrainArguments.of(List.of("train", "--output", "s3a://b/c", "x.yaml")).output())
        .isEqualTo("s3a://b/c");
    assertThat(TrainArguments.of(List.of("train", "x.yaml", "--output=s3a://b/c")).output())
        .isEqualTo("s3a://b/c");
  }

  @Test
  void theOutputCanBeTakenAway() {
    assertThat(
            TrainArguments.of(List.of("train", "--output", "s3a://b/c", "x.yaml"))
                .withoutOutput()
                .words())
        .containsExactly("train", "x.yaml");
    assertThat(
            TrainArguments.of(List.of("train", "x.yaml", "--output=s3a://b/c"))
                .withoutOutput()
                .words())
        .containsExactly("train", "x.yaml");
  }

  @Test
  void runCanBeReplaced() {
    assertThat(
            TrainArguments.of(List.of("train", "--set", "a=b", "hdfs://a/run"))
                .withRun("/copy")
                .words())
        .containsExactly("train", "--set", "a=b", "/copy");
  }
}
