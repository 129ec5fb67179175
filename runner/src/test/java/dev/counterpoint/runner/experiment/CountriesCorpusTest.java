package dev.counterpoint.runner.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CountriesCorpusTest {
  private final Map<String, String> splits = new CountriesCorpus().splits();

  @Test
  void splitsShareNoCountry() throws IOException {
    Set<String> train = titles("train");
    assertThat(train).hasSizeGreaterThan(150).contains("France");
    assertThat(titles("validation")).hasSizeGreaterThan(30).doesNotContainAnyElementsOf(train);
  }

  @Test
  void corpusIsDeterministic() {
    assertThat(new CountriesCorpus().splits()).isEqualTo(splits);
  }

  @Test
  void everyParagraphHasOneUnanswerableQuestion() throws IOException {
    for (JsonNode article : read("validation")) {
      for (JsonNode paragraph : article.path("paragraphs")) {
        int unanswerable = 0;
        for (JsonNode question : paragraph.path("qas")) {
          boolean impossible = question.path("is_impossible").asBoolean();
          unanswerable += impossible ? 1 : 0;
          assertThat(question.path("answers")).hasSize(impossible ? 0 : 1);
        }
        assertThat(unanswerable).isEqualTo(1);
        assertThat(paragraph.path("qas")).hasSizeBetween(4, 6);
      }
    }
  }

  private Set<String> titles(String split) throws IOException {
    Set<String> titles = new TreeSet<>();
    read(split).forEach(article -> titles.add(article.path("title").asText()));
    return titles;
  }

  private JsonNode read(String split) throws IOException {
    return new ObjectMapper().readTree(splits.get(split)).path("data");
  }
}
