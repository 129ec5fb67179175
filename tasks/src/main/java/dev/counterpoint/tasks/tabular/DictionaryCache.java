package dev.counterpoint.tasks.tabular;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Results of a function of the texts of a column; those of a shared dictionary are reused. */
final class DictionaryCache<T> {
  private List<@Nullable String> dictionary = List.of();
  private final List<@Nullable T> results = new ArrayList<>();

  /** Returns the result for a text of a dictionary, to which texts may be added. */
  T get(List<@Nullable String> texts, int code, Function<@Nullable String, T> function) {
    if (texts != dictionary) {
      dictionary = texts;
      results.clear();
    }
    while (results.size() <= code) {
      results.add(null);
    }
    T result = results.get(code);
    if (result == null) {
      result = function.apply(texts.get(code));
      results.set(code, result);
    }
    return result;
  }
}
