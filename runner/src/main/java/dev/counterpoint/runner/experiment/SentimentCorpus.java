package dev.counterpoint.runner.experiment;

import java.util.*;

final class SentimentCorpus {
  Map<String, List<LabelledText>> splits() {
    return new LinkedHashMap<>();
  }
}
