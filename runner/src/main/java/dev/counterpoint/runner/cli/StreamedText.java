package dev.counterpoint.runner.cli;

import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Shows a text token by token. A character that is spread over several tokens is shown when it is
 * whole.
 */
final class StreamedText {
  private static final String CUT_OFF = "\ufffd";

  private final TextEncoder encoder;
  private final PrintWriter out;
  private final List<Long> tokens = new ArrayList<>();
  private String shown = "";
  private boolean begun;

  StreamedText(TextEncoder encoder, PrintWriter out) {
    this.encoder = encoder;
    this.out = out;
  }

  /** Shows what the text begins with, once. */
  void begin(String prompt) {
    if (!begun) {
      out.print(prompt);
      begun = true;
    }
  }

  void add(long token) {
    tokens.add(token);
    String text = encoder.decode(tokens);
    if (!text.endsWith(CUT_OFF) && text.startsWith(shown)) {
      show(text);
    }
  }

  private void show(String text) {
    out.print(text.substring(shown.length()));
    out.flush();
    shown = text;
  }

  /** Shows what is left of the text; the end of its line is for the caller. */
  void end() {
    String text = encoder.decode(tokens);
    if (text.startsWith(shown)) {
      show(text);
    }
  }
}
