package dev.counterpoint.runner.cli;

import ai.djl.Device;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.HubDownload;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint generate}: texts that a language model goes on with. */
@Command(
    name = "generate",
    description = {
      "Goes on with texts. Without --temperature, --top-k or --top-p the likeliest token is taken"
          + " each time.",
      "One text is shown as it grows; several, and those by beams, when they are done."
    })
final class GenerateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "What to go on from. May be repeated.")
  private List<String> prompts = new ArrayList<>();

  @Option(names = "--max-tokens", paramLabel = "N", description = "The most new tokens: 100.")
  private int maxTokens = 100;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Draws tokens; below 1 the likely ones more often.")
  private @Nullable Double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Draws from the K likeliest.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draws from the likeliest that together have the probability P.")
  private @Nullable Double topP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description = "Above 1: makes tokens that are there already less likely.")
  private double repetitionPenalty = 1;

  @Option(
      names = "--beams",
      paramLabel = "N",
      description = "Goes on with N texts at once and takes the likeliest.")
  private int beams = 1;

  @Option(
      names = "--stop",
      paramLabel = "TOKEN",
      description = "Ends a text at this token, beside the end of a text. May be repeated.")
  private List<String> stop = new ArrayList<>();

  @Option(names = "--seed", paramLabel = "N", description = "Of what is drawn: 17.")
  private long seed = 17;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Path folder = ModelFolder.within(directory);
    ModelFolder.Config config = TrainedModel.config(folder, classpath.paths());
    int maxLength = config.model().maxLength();
    TrainedModel.tellChanges(directory, config.classpath(), Consoles.of(spec));
    try (TextEncoder encoder = TrainedModel.encoder(folder, maxLength);
        BaseModel model = ModelFolder.load(folder, config, Device.cpu(), HubDownload::find)) {
      if (!(model instanceof DecoderSession.Model language)) {
        throw new InvalidSettings(
            "The model in " + folder + " does not go on with texts; a gpt2 language-model does.");
      }
      List<long[]> ids = new ArrayList<>();
      for (String prompt : prompts) {
        ids.add(idsOf(prompt, encoder, config));
        tellUnknown(encoder.unknown(prompt), Consoles.of(spec));
      }
      Set<Long> ends = new HashSet<>(Set.of((long) config.data().paddingId()));
      stop.forEach(token -> ends.add(encoder.idOf(token)));
      Generator generator = new Generator(language, settings(ends), maxLength, Device.cpu());
      List<List<Long>> made = show(generator, ids, encoder, Consoles.of(spec));
      for (int i = 0; i < made.size(); i++) {
        boolean full = ids.get(i).length + made.get(i).size() == maxLength;
        if (full && made.get(i).size() < maxTokens && !endsWith(made.get(i), ends)) {
          Consoles.of(spec)
              .say("A text ends at " + maxLength + " tokens, the most that the model takes.");
        }
      }
    }
    return ExitCode.DONE;
  }

  private static boolean endsWith(List<Long> tokens, Set<Long> ends) {
    return ends.contains(tokens.get(tokens.size() - 1));
  }

  private static long[] idsOf(String prompt, TextEncoder encoder, ModelFolder.Config config) {
    if (prompt.isEmpty()) {
      throw new InvalidSettings(
          "A prompt is empty; give what to go on from, or \""
              + encoder.decodeToken(config.data().paddingId())
              + "\" for a text from its very beginning.");
    }
    return encoder.prompt(prompt);
  }

  private static void tellUnknown(List<String> unknown, Console console) {
    if (!unknown.isEmpty()) {
      console.say(
          "The model does not know "
              + String.join(", ", unknown.stream().map(part -> '"' + part + '"').toList())
              + (unknown.size() == 1
                  ? ": it is not in the training text, and is left out below."
                  : ": they are not in the training text, and are left out below."));
    }
  }

  private GenerationSettings settings(Set<Long> ends) {
    try {
      return asked(ends);
    } catch (InvalidSettings e) {
      throw new InvalidSettings(e.problems().stream().map(GenerateCommand::ofOption).toList());
    }
  }

  /** By the option that was written, where the settings know the record's component. */
  private static InvalidSettings.Problem ofOption(InvalidSettings.Problem problem) {
    String option = problem.key().replaceAll("(\\p{Lu})", "-$1").toLowerCase(Locale.ROOT);
    return problem.key().isEmpty()
        ? problem
        : new InvalidSettings.Problem("--" + option, problem.message());
  }

  private GenerationSettings asked(Set<Long> ends) {
    return new GenerationSettings(
        maxTokens,
        temperature != null || topK != null || topP != null,
        temperature == null ? 1 : temperature,
        topK == null ? 0 : topK,
        topP == null ? 1 : topP,
        repetitionPenalty,
        beams,
        ends,
        seed);
  }

  private List<List<Long>> show(
      Generator generator, List<long[]> ids, TextEncoder encoder, Console console) {
    if (prompts.size() == 1) {
      StreamedText text = new StreamedText(encoder, console.out());
      List<List<Long>> made =
          generator.generate(
              ids,
              (prompt, token) -> {
                text.begin(encoder.decode(ids.get(0)));
                text.add(token);
              });
      text.end();
      console.print(""); // which sees whether all of it came through
      return made;
    }
    List<List<Long>> made = generator.generate(ids, (prompt, token) -> {});
    for (int i = 0; i < made.size(); i++) {
      console.print(encoder.decode(ids.get(i)) + encoder.decode(made.get(i)));
    }
    return made;
  }
}
