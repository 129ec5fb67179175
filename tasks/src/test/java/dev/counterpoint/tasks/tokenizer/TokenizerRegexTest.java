package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenizerRegexTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
            + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
        "(?=(\\d{3})+(?!\\d))",
        "(?:\\r?\\n)+(?!\\r?\\n)"
      })
  void thePatternsOfPublishedTokenizersAreAllowed(String regex) {
    assertThat(TokenizerRegex.isAllowed(regex, null)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
        " ?[^(\\s|.,!?…。，、।۔،)]+",
        "[\\u0d00-\\u0dff]+|\\^{2}",
        "\\p{N}{1,3}|[A-Z][a-z]*|[a&b]{2,}",
        "[\\r\\n]"
      })
  void alternativesThatRepeatOnlyTheirLastCharacterAreAllowed(String regex) {
    assertThat(TokenizerRegex.isSimple(regex)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[^]",
        "[^]|]?[yq]z+",
        "a?[^]b|c]*",
        "[ab]+(?:b|b|b|b|b|b|b|b|b|b|b|b|b|b|b)",
        "b+.++c",
        "(((((((((a)))))))))",
        "(a|aa)+c",
        "a+b",
        "a?b?c",
        "a*",
        "a|b?",
        "a|",
        "",
        "(?=a)",
        "^",
        "a$",
        "\\ba",
        "(a)\\1",
        "(?i:ss)",
        "(?i)ss",
        "a{10}",
        "a{,3}",
        "a{1,0}",
        "a{0,3}",
        "a++",
        "a{2}+",
        "a{2}{2}",
        "a*?",
        "[a&&[^b]]+",
        "[a&&b]",
        "[[:alpha:]]+",
        "[]a]",
        "[a",
        "\\x41",
        "\\ud800",
        "\\Ka",
        "\\Qa\\E"
      })
  void otherPatternsAreRefused(String regex) {
    assertThat(TokenizerRegex.isAllowed(regex, "none")).isFalse();
  }

  @Test
  void aLongPatternIsRefused() {
    assertThat(TokenizerRegex.isAllowed("a{9}|".repeat(200) + "b", null)).isFalse();
  }

  @Test
  void theEnvironmentVariableAllowsEveryPattern() {
    assertThat(TokenizerRegex.isAllowed("(a|aa)+c", "any")).isTrue();
  }
}
