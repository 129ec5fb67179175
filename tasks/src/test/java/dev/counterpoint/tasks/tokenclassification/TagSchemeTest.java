package dev.counterpoint.tasks.tokenclassification;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TagSchemeTest {
  private static List<String> tags(String tags) {
    return List.of(tags.split(" "));
  }

  @Test
  void iob1IsConverted() {
    assertThat(TagScheme.IOB1.toIob2(tags("I-a I-a B-a O I-a I-b B-b I-b")))
        .isEqualTo(tags("B-a I-a B-a O B-a B-b B-b I-b"));
  }

  @Test
  void bioesIsConverted() {
    assertThat(TagScheme.BIOES.toIob2(tags("S-a B-a I-a E-a O B-b E-b S-b")))
        .isEqualTo(tags("B-a B-a I-a I-a O B-b I-b B-b"));
  }

  @Test
  void iob2IsKeptAlsoIfItIsIllegal() {
    assertThat(TagScheme.IOB2.toIob2(tags("O I-a B-b I-a"))).isEqualTo(tags("O I-a B-b I-a"));
  }

  @Test
  void illegalTagsAreFound() {
    assertThat(TagScheme.IOB1.illegal(tags("B-a I-a B-a O B-a I-a B-b"))).containsExactly(0, 4, 6);
    assertThat(TagScheme.IOB2.illegal(tags("I-a B-a I-a O I-a B-a I-b"))).containsExactly(0, 4, 6);
    assertThat(TagScheme.BIOES.illegal(tags("E-a S-a B-a O B-a E-a I-a B-a")))
        .containsExactly(0, 3, 6, 7);
  }

  @Test
  void schemeIsInferred() {
    assertThat(TagScheme.infer(List.of(tags("O B-a I-a")))).isEqualTo(TagScheme.IOB2);
    assertThat(TagScheme.infer(List.of(tags("O B-a O")))).isEqualTo(TagScheme.IOB2);
    assertThat(TagScheme.infer(List.of(tags("O I-a B-a"), tags("O")))).isEqualTo(TagScheme.IOB1);
    assertThat(TagScheme.infer(List.of(tags("O I-a"), tags("B-a")))).isEqualTo(TagScheme.IOB2);
    assertThat(TagScheme.infer(List.of(tags("B-a I-a S-b")))).isEqualTo(TagScheme.BIOES);
  }

  @Test
  void entitiesBeginWithB() {
    assertThat(TagScheme.spans(tags("I-a B-a I-a B-a I-b O I-a B-b")))
        .containsExactly(
            new TagScheme.Span("a", 1, 3),
            new TagScheme.Span("a", 3, 4),
            new TagScheme.Span("b", 7, 8));
  }
}
