package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint tokenize}: prints the tokens of texts. */
@Command(
    name = "tokenize",
    description = {
      "Prints the tokens of texts: id, position (start-end, in characters from 0, end excluded) and"
          + " token, separated by tabs; an empty line separates texts. Special tokens that the"
          + " tokenizer adds have no position.",
      "Without TEXT, each line of standard input is a text. Texts are not truncated."
    })
public final class TokenizeCommand extends ConsoleCommand {
  @Parameters(
      index = "0",
      paramLabel = "RUN_DIR",
      description =
          "A run directory, its model folder, a folder with a tokenizer, or a tokenizer.json.")
  private Path directory = Path.of("");

  @Parameters(index = "1..*", arity = "0..*", paramLabel = "TEXT", description = "The texts.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--json",
      description = "Prints a JSON object per text: text, tokens, ids and offsets.")
  private boolean json;

  private boolean started;

  @Override
  protected void run(Console console) throws IOException {
    Path model = directory.resolve("model");
    Tokenizer tokenizer = TokenizerFolder.open(TokenizerFolder.isIn(model) ? model : directory);
    tokenizer.notes().forEach(console::log);
    try (TextEncoder encoder = new TextEncoder(tokenizer, Tokenizer.UNLIMITED)) {
      if (texts.isEmpty()) {
        new PredictLines(PredictLines.decoded(System.in), false, InputReader.ofTexts())
            .read(lines -> lines.forEach(line -> print(line.text(), encoder, console)));
      }
      texts.forEach(text -> print(text, encoder, console));
    }
  }

  private void print(String text, TextEncoder encoder, Console console) {
    if (Surrogates.areUnpairedIn(text)) {
      throw new InvalidSettings("The text is not valid Unicode: it has an unpaired surrogate.");
    }
    List<TextEncoder.Token> tokens = encoder.tokens(text);
    if (json) {
      console.print(object(text, tokens).toString());
      return;
    }
    if (started) {
      console.print("");
    }
    started = true;
    for (TextEncoder.Token token : tokens) {
      String position = token.start() < 0 ? "-" : token.start() + "-" + token.end();
      console.print(
          token.id() + "\t" + position + "\t" + ControlCharacterEscaper.of(token.token()));
    }
  }

  private static ObjectNode object(String text, List<TextEncoder.Token> tokens) {
    ObjectNode object = JsonNodeFactory.instance.objectNode().put("text", text);
    ArrayNode names = object.putArray("tokens");
    ArrayNode ids = object.putArray("ids");
    ArrayNode offsets = object.putArray("offsets");
    for (TextEncoder.Token token : tokens) {
      names.add(token.token());
      ids.add(token.id());
      if (token.start() < 0) {
        offsets.addNull();
      } else {
        offsets.addArray().add(token.start()).add(token.end());
      }
    }
    return object;
  }
}
