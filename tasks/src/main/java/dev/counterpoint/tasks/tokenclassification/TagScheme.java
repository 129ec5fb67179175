package dev.counterpoint.tasks.tokenclassification;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the tags of words mark entities: {@code O} outside of entities, otherwise a prefix and a type
 * such as {@code B-location}.
 */
public enum TagScheme {
  /** B only for an entity directly after one of the same type (Ramshaw and Marcus 1995). */
  IOB1("BI"),
  /** B for the first word of each entity, I for the others. */
  IOB2("BI"),
  /** As IOB2, with E for the last word of an entity, and S for an entity of one word. */
  BIOES("BIES");

  /** The tag of a word outside of entities. */
  static final String OUTSIDE = "O";

  private final String prefixes;

  TagScheme(String prefixes) {
    this.prefixes = prefixes;
  }

  /** The entity type of a tag; empty for {@link #OUTSIDE}. */
  static String type(String tag) {
    return tag.equals(OUTSIDE) ? "" : tag.substring(2);
  }

  /** Whether a text is a tag of this scheme. */
  boolean isTag(String tag) {
    return tag.equals(OUTSIDE)
        || (tag.length() > 2 && tag.charAt(1) == '-' && prefixes.indexOf(tag.charAt(0)) >= 0);
  }

  /**
   * Infers the scheme of sentences: BIOES if there is an E or S; IOB1 if there is an entity that
   * begins with I, and no B that IOB1 does not allow; otherwise IOB2.
   */
  static TagScheme infer(List<List<String>> sentences) {
    if (sentences.stream().flatMap(List::stream).anyMatch(tag -> tag.matches("[ES]-.+"))) {
      return BIOES;
    }
    if (!sentences.stream().flatMap(List::stream).allMatch(IOB2::isTag)) {
      return IOB2; // which rejects them
    }
    boolean isIob1 = sentences.stream().allMatch(tags -> IOB1.illegal(tags).isEmpty());
    boolean isIob2 = sentences.stream().allMatch(tags -> IOB2.illegal(tags).isEmpty());
    return isIob1 && !isIob2 ? IOB1 : IOB2;
  }

  /** The positions at which a tag must not follow the previous one. */
  List<Integer> illegal(List<String> tags) {
    return IntStream.range(0, tags.size()).filter(i -> !isLegal(tags, i)).boxed().toList();
  }

  private boolean isLegal(List<String> tags, int i) {
    char prefix = tags.get(i).charAt(0);
    boolean isOpen = i > 0 && "BI".indexOf(tags.get(i - 1).charAt(0)) >= 0;
    boolean continues = isOpen && type(tags.get(i - 1)).equals(type(tags.get(i)));
    return switch (this) {
      case IOB1 -> prefix != 'B' || continues;
      case IOB2 -> prefix != 'I' || continues;
      case BIOES ->
          (prefix == 'I' || prefix == 'E')
              ? continues
              : !isOpen && (prefix != 'B' || i + 1 < tags.size());
    };
  }

  /** The tags in IOB2. A tag that is not legal stays as it is, so that nothing is repaired. */
  List<String> toIob2(List<String> tags) {
    List<String> converted = new ArrayList<>();
    for (int i = 0; i < tags.size(); i++) {
      String tag = tags.get(i);
      char prefix = tag.charAt(0);
      boolean begins = this == IOB1 && prefix == 'I' && !IOB2.isLegal(tags, i);
      String same = prefix == 'E' ? "I" : tag.substring(0, 1);
      String replaced = (begins || prefix == 'S') ? "B" : same;
      converted.add(replaced + tag.substring(1));
    }
    return converted;
  }

  /** An entity: the words from {@code start} to {@code end}, exclusive. */
  record Span(String type, int start, int end) {}

  /**
   * The entities of IOB2 tags, as {@code seqeval} finds them with {@code mode="strict"}: a B and
   * all I of its type that follow; an I without them belongs to no entity.
   */
  static List<Span> spans(List<String> tags) {
    List<Span> spans = new ArrayList<>();
    for (int start = 0; start < tags.size(); start++) {
      if (tags.get(start).startsWith("B-")) {
        String type = type(tags.get(start));
        int end = start + 1;
        while (end < tags.size() && tags.get(end).equals("I-" + type)) {
          end++;
        }
        spans.add(new Span(type, start, end));
      }
    }
    return spans;
  }
}
