package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.models.huggingface.GenerationConfig;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint generate}: continues prompts with a language model. */
@Command(
    name = "generate",
    description = {
      "Generates text from prompts. Greedy decoding unless --temperature, --top-k or --top-p is"
          + " given, or the generation_config.json of the model samples; options override that file.",
      "The text of a single prompt is printed token by token; that of several prompts, or of beam"
          + " search, at the end."
    })
public final class GenerateCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "The text to continue. May be repeated.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Maximum number of new tokens (default: 100).")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Sampling temperature; below 1 favours likely tokens.")
  private @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Samples from the K most likely tokens.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Nucleus sampling: samples from the most likely tokens with a total probability of P.")
  private @Nullable Double topP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description =
          "Repetition penalty; values above 1 make tokens that already occurred less likely.")
  private @Nullable Double repetitionPenalty;

  @Option(names = "--beams", paramLabel = "N", description = "Beam search with N beams.")
  private @Nullable Integer beams;

  @Option(
      names = "--stop",
      paramLabel = "TOKEN",
      description = "Stops at this token, as well as at the end-of-text token. May be repeated.")
  private List<String> stop = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Random seed for sampling (default: ${DEFAULT-VALUE}).")
  private long seed = 17;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    GenerationConfig.Request request =
        new GenerationConfig.Request(maxTokens, temperature, topK, topP, repetitionPenalty, beams);
    try (Pipeline pipeline = TrainedModel.open(directory, classpath, console)) {
      TextEncoder encoder = pipeline.encoder();
      Set<Long> stopTokens = new HashSet<>();
      stop.forEach(token -> stopTokens.add(encoder.idOf(token)));
      Generator generator = generator(pipeline, request, stopTokens);
      List<long[]> ids = new ArrayList<>();
      for (String prompt : prompts) {
        ids.add(idsOf(prompt, encoder));
        warnIfUnknown(encoder.unknown(prompt), console);
      }
      warnIfIgnored(pipeline.generation().unknownKeys(), console);
      List<List<Long>> generated = printContinuations(generator, ids, encoder, console);
      GenerationSettings settings = generator.settings();
      for (int i = 0; i < generated.size(); i++) {
        List<Long> tokens = generated.get(i);
        if (ids.get(i).length + tokens.size() == generator.maxLength()
            && tokens.size() < settings.maxTokens()
            && !settings.stop().contains(tokens.get(tokens.size() - 1))) {
          console.log("Stopped at " + generator.maxLength() + " tokens, the maximum length.");
        }
      }
    }
  }

  private static long[] idsOf(String prompt, TextEncoder encoder) {
    if (prompt.isEmpty()) {
      throw new InvalidSettings(
          "The prompt is empty; give a text to continue, or \"%s\" to generate from scratch.",
          encoder.decodeToken(encoder.file().special().end().get(0)));
    }
    return encoder.prompt(prompt);
  }

  private static void warnIfIgnored(List<String> unknownKeys, Console console) {
    if (!unknownKeys.isEmpty()) {
      console.log(
          GenerationConfig.FILE + ": unknown keys were ignored: " + String.join(", ", unknownKeys));
    }
  }

  private static void warnIfUnknown(List<String> unknownParts, Console console) {
    if (!unknownParts.isEmpty()) {
      console.log(
          "Not in the vocabulary of the model and ignored: "
              + String.join(", ", unknownParts.stream().map(part -> '"' + part + '"').toList())
              + ".");
    }
  }

  private Generator generator(
      Pipeline pipeline, GenerationConfig.Request request, Set<Long> stopTokens) {
    try {
      return pipeline.generator(request, stopTokens, seed);
    } catch (InvalidSettings e) {
      throw e.with(GenerateCommand::withOptionName);
    }
  }

  /** Replaces the record component in a problem with the name of the command-line option. */
  private static InvalidSettings.Problem withOptionName(InvalidSettings.Problem problem) {
    String option = problem.key().replaceAll("(\\p{Lu})", "-$1").toLowerCase(Locale.ROOT);
    return problem.key().isEmpty()
        ? problem
        : new InvalidSettings.Problem("--" + option, problem.message());
  }

  private List<List<Long>> printContinuations(
      Generator generator, List<long[]> ids, TextEncoder encoder, Console console) {
    if (prompts.size() == 1) {
      StreamedText text = new StreamedText(encoder, console.out());
      List<List<Long>> generated =
          generator.generate(
              ids,
              (prompt, token) -> {
                text.printPrompt(encoder.decode(ids.get(0)));
                text.add(token);
              });
      text.end();
      console.print(""); // ends the line, and checks that standard output is still open
      return generated;
    }
    List<List<Long>> generated = generator.generate(ids, (prompt, token) -> {});
    for (int i = 0; i < generated.size(); i++) {
      console.printText(encoder.decode(ids.get(i)) + encoder.decode(generated.get(i)));
    }
    return generated;
  }
}
