package dev.counterpoint.runner.cli.model;

import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints a generated text token by token. A character that consists of several tokens is printed
 * when it is complete.
 */
final class StreamedText {
  private static final String REPLACEMENT_CHARACTER = "\ufffd";

  private final TextEncoder encoder;
  private final PrintWriter out;
  private final List<Long> tokens = new ArrayList<>();
  private String printed = "";
  private boolean started;

  StreamedText(TextEncoder encoder, PrintWriter out) {
    this.encoder = encoder;
    this.out = out;
  }

  /** Prints the prompt; further calls do nothing. */
  void printPrompt(String prompt) {
    if (!started) {
      out.print(prompt);
      started = true;
    }
  }

  /** Prints what the next token adds to the text, up to the last complete character. */
  void add(long token) {
    tokens.add(token);
    String text = encoder.decode(tokens);
    if (!text.endsWith(REPLACEMENT_CHARACTER) && text.startsWith(printed)) {
      print(text);
    }
  }

  private void print(String text) {
    out.print(text.substring(printed.length()));
    out.flush();
    printed = text;
  }

  /** Prints the remaining text, without a line end. */
  void end() {
    String text = encoder.decode(tokens);
    if (text.startsWith(printed)) {
      print(text);
    }
  }
}
