package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.model.ServingFile;
import dev.counterpoint.runner.docs.MarkdownPage.Block;
import dev.counterpoint.runner.docs.MarkdownPage.Command;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.runner.wiring.RunFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The examples of README.md and docs/*.md are valid and run.
 *
 * <p>A fenced block after the line {@code <!-- example: NAME -->} is a file of that name; all files
 * of a page are in one folder. The commands of a block after {@code <!-- run -->} are executed in
 * their order, on less data than a reader uses: {@link #SMALL} has the settings that differ.
 */
final class DocsTest {
  /** Settings that make an experiment small, by its name. */
  private static final Map<String, List<String>> SMALL =
      Map.of(
          "sentiment",
          List.of(
              "model.width=16",
              "model.layers=1",
              "data.train.path=train.tsv",
              "data.validation.path=train.tsv"),
          "letters.yaml",
          List.of("data.train.path=builtin:languages/validation", "training.batchSize=256"),
          "text-generation",
          List.of(
              "model.architecture.width=16",
              "model.architecture.layers=1",
              "model.architecture.maxLength=16"));

  /** Example strategies, which have tests of their own. */
  private static final Path EXAMPLES = Path.of("..", "docs", "examples");

  private static final Pattern KEY =
      Pattern.compile(
          "(?:model|data|loss|training|strategy|checkpoint|callbacks)"
              + "(?:\\.(?!safetensors|java|yaml)[A-Za-z][A-Za-z0-9]*)+");
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final List<MarkdownPage> PAGES = MarkdownPage.all();
  private static final Map<MarkdownPage, Binder> BINDERS = new HashMap<>();

  @TempDir private static Path folder;

  static List<MarkdownPage> pages() {
    return PAGES;
  }

  static List<MarkdownPage> runPages() {
    return PAGES.stream()
        .filter(page -> page.blocks().stream().anyMatch(Block::isRun))
        .filter(page -> !page.toString().equals("run-directory.md"))
        .toList();
  }

  static List<Command> commands() {
    return blocks()
        .filter(it -> it.language().equals("sh"))
        .flatMap(it -> it.commands().stream())
        .toList();
  }

  private static Stream<Block> blocks() {
    return PAGES.stream().flatMap(page -> page.blocks().stream());
  }

  /** Writes the example files, and compiles those in Java. */
  @BeforeAll
  static void writeExamples() throws IOException {
    for (MarkdownPage page : PAGES) {
      List<Path> sources = new ArrayList<>();
      Files.createDirectories(folderOf(page));
      Files.writeString(folderOf(page).resolve("train.tsv"), reviews());
      BufferedImage digit = new BufferedImage(20, 20, BufferedImage.TYPE_BYTE_GRAY);
      ImageIO.write(digit, "png", folderOf(page).resolve("digit.png").toFile());
      Files.writeString(folderOf(page).resolve("input.txt"), "A man, a plan, a canal. ".repeat(40));
      for (Block block : page.blocks()) {
        if (block.fileName().isPresent()) {
          Path file = folderOf(page).resolve(block.fileName().get());
          Files.writeString(file, block.content());
          if (block.language().equals("java")) {
            sources.add(file);
          }
        }
      }
      BINDERS.put(page, new Binder(Catalogs.all(), SourcePath.open(sources)));
    }
  }

  private static String reviews() {
    return IntStream.range(0, 96)
        .mapToObj(
            i -> i % 2 == 0 ? "a fine day " + i + "\tpositive" : "a dull day " + i + "\tnegative")
        .collect(Collectors.joining("\n", "text\tlabel\n", "\n"));
  }

  private static Path folderOf(MarkdownPage page) {
    return folder.resolve(page.toString());
  }

  @ParameterizedTest
  @MethodSource("runPages")
  void marksAsRunAreExecuted(MarkdownPage page) {
    Path run = folderOf(page);
    int runs = 0;
    for (Block block : page.blocks().stream().filter(Block::isRun).toList()) {
      for (Command command : block.commands()) {
        boolean starts = starts(command, run);
        Path output = folderOf(page).resolve("run-" + (starts ? ++runs : runs));
        List<String> arguments = executable(command, run, output);
        Terminal terminal = new Terminal();

        int code = terminal.run(arguments.toArray(new String[0]));

        assertThat(code).as("%s%n%s%n%s", command, arguments, terminal.err()).isZero();
        run = starts ? output : run;
      }
    }
  }

  @Test
  void filesOfTheRunDirectoryExist() {
    MarkdownPage page = page("run-directory.md");
    marksAsRunAreExecuted(page);

    Stream<String> named =
        Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE)
            .matcher(page.prose().split("## metrics")[0])
            .results()
            .map(row -> row.group(1));
    assertThat(named.filter(file -> !file.matches("(?:code|snapshots|logs|checkpoints/step).*")))
        .hasSizeGreaterThan(5)
        .allSatisfy(file -> assertThat(folderOf(page).resolve("run-1").resolve(file)).exists());
  }

  /** Whether a command makes a new run directory. */
  private static boolean starts(Command command, Path run) {
    return command.arguments().get(0).equals("train")
        && !command.arguments().get(1).equals("RUN_DIR");
  }

  /** The arguments with files of the page's folder, and with less data. */
  private static List<String> executable(Command command, Path run, Path output) {
    MarkdownPage page = command.block().page();
    List<String> arguments = new ArrayList<>();
    for (String argument : command.arguments()) {
      arguments.add(argument.equals("RUN_DIR") ? run.toString() : inFolder(argument, page));
    }
    boolean starts = starts(command, run);
    if (starts || command.arguments().get(0).equals("check")) {
      String name = command.arguments().get(starts ? 1 : 2);
      for (String set : SMALL.getOrDefault(name, List.of())) {
        if (command.values("--set").stream().noneMatch(it -> sameKey(it, set))) {
          arguments.addAll(List.of("--set", inFolder(set, page)));
        }
      }
    }
    if (starts) {
      arguments.addAll(List.of("--set", "training.epochs=1", "--output", output.toString()));
    }
    return arguments;
  }

  private static boolean sameKey(String set, String other) {
    return set.split("=", 2)[0].equals(other.split("=", 2)[0]);
  }

  private static String inFolder(String argument, MarkdownPage page) {
    int value = argument.indexOf('=') + 1;
    Path file = folderOf(page).resolve(argument.substring(value).replaceAll("[^\\w./-]", "_"));
    return !argument.isBlank() && value < argument.length() && Files.isRegularFile(file)
        ? argument.substring(0, value) + file
        : argument;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandLineIsAcceptedByTheParser(Command command) {
    assertThatCode(
            () -> Terminal.commandLine().parseArgs(command.arguments().toArray(new String[0])))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everySetBindsOverItsRunFile(Command command) {
    List<String> sets = command.values("--set");
    String run = command.arguments().stream().filter(Experiments::has).findFirst().orElse("");
    Path example = folderOf(command.block().page()).resolve(run(command));
    assertThatCode(
            () -> {
              String text =
                  Files.isRegularFile(example)
                      ? Files.readString(example)
                      : Experiments.runFile(run.isEmpty() ? "sentiment" : run, sets);
              boolean isDistributed = run.isEmpty() || command.arguments().contains("--spark");
              if (isDistributed && sets.stream().anyMatch(it -> it.startsWith("strategy."))) {
                text += "strategy: {type: distributed}\n"; // of the resumed run, or of --spark
              }
              BINDERS
                  .get(command.block().page())
                  .bind(SettingsTree.load("run.yaml", text, sets), RunFile.class);
            })
        .doesNotThrowAnyException();
  }

  private static String run(Command command) {
    return command.arguments().stream().filter(it -> it.endsWith(".yaml")).findFirst().orElse("-");
  }

  static List<Block> yaml() {
    return blocks().filter(block -> block.language().equals("yaml")).toList();
  }

  @ParameterizedTest
  @MethodSource("yaml")
  void everyRunFileBinds(Block block) {
    assertThatCode(
            () -> {
              JsonNode settings = YAML.readTree(block.content());
              if (settings.has("models")) {
                SettingsTree tree = SettingsTree.load(block.toString(), block.content(), List.of());
                ServingFile.bind(tree, Path.of(""));
                return;
              }
              if (!settings.path("data").has("type")) {
                settings =
                    merged(YAML.readTree(Experiments.runFile("sentiment", List.of())), settings);
              }
              String text = YAML.writeValueAsString(settings);
              BINDERS
                  .get(block.page())
                  .bind(SettingsTree.load(block.toString(), text, List.of()), RunFile.class);
            })
        .doesNotThrowAnyException();
  }

  /** Merges a fragment into a run file; an object with a type replaces the whole. */
  private static JsonNode merged(JsonNode base, JsonNode fragment) {
    fragment
        .properties()
        .forEach(
            entry -> {
              JsonNode before = base.get(entry.getKey());
              boolean whole =
                  !(before instanceof ObjectNode)
                      || entry.getValue().has("type")
                      || !entry.getValue().isObject();
              ((ObjectNode) base)
                  .set(entry.getKey(), whole ? entry.getValue() : merged(before, entry.getValue()));
            });
    return base;
  }

  @Test
  void everyJavaBlockIsAnExampleThatCompiles() {
    assertThat(blocks().filter(block -> block.language().equals("java")))
        .isNotEmpty()
        .allSatisfy(block -> assertThat(block.fileName()).isPresent());
  }

  @Test
  void theGradientNoiseOfThePageIsTheTestedFile() throws IOException {
    String name = "GradientNoise.java";
    assertThat(page("extending.md").blocks())
        .filteredOn(block -> block.fileName().filter(name::equals).isPresent())
        .extracting(Block::content)
        .containsExactly(Files.readString(EXAMPLES.resolve(name)));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyKeyInTheTextExists(MarkdownPage page) {
    Set<String> paths = ConfigKeys.paths(RunFile.class);
    boolean isHistory = page.toString().equals("CHANGELOG.md");
    assertThat(page.inlineCode().stream().filter(code -> KEY.matcher(code).matches()))
        .filteredOn(key -> !isHistory)
        .allSatisfy(key -> assertThat(ConfigKeys.exists(paths, key)).as(key).isTrue());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsToAFileAndAHeading(MarkdownPage page) {
    assertThat(page.links())
        .allSatisfy(
            link -> {
              assertThat(link.file()).exists();
              if (!link.anchor().isEmpty()) {
                assertThat(PAGES)
                    .filteredOn(it -> it.file().normalize().equals(link.file()))
                    .flatExtracting(MarkdownPage::anchors)
                    .contains(link.anchor());
              }
            });
  }

  @Test
  void everyClassThatArchitectureNamesExists() throws IOException {
    MarkdownPage page = page("architecture.md");
    String sources;
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      sources =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".java"))
              .collect(Collectors.joining("\n", "\n", "\n"));
    }
    assertThat(page.inlineCode().stream().map(code -> code.split("[.(<]")[0]))
        .filteredOn(name -> name.matches("(?:[A-Z][a-z0-9]+){2,}"))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(sources).contains("\n" + name + ".java\n"));
  }

  @Test
  void everyKeyOfTheRunFileIsDocumented() {
    String reference = page("reference.md").text();
    Stream<ConfigKeys.Key> top = ConfigKeys.of(RunFile.class).stream();
    assertThat(top.map(ConfigKeys.Key::path).filter(path -> !path.contains(".")))
        .allSatisfy(key -> assertThat(reference).contains("| `" + key + "` |"));
    assertThat(ConfigKeys.of(TrainingConfig.class))
        .allSatisfy(key -> assertThat(reference).contains("| `training." + key.path() + "` |"));
    assertThat(ConfigKeys.of(CheckpointPolicy.class))
        .allSatisfy(key -> assertThat(reference).contains("| `checkpoint." + key.path() + "` |"));
  }

  @Test
  void everyNameOfEveryCatalogIsDocumented() {
    assertThat(Catalogs.all())
        .flatExtracting(catalog -> catalog.names())
        .allSatisfy(name -> assertThat(page("reference.md").text()).contains("### `" + name + "`"));
  }

  @Test
  void everyKeyOfOptimizersSchedulesAndLossesIsDocumented() {
    List<Class<?>> contracts = List.of(OptimizerConfig.class, Schedule.class, Loss.class);
    assertThat(Catalogs.all())
        .filteredOn(catalog -> contracts.contains(catalog.contract()))
        .flatExtracting(catalog -> List.copyOf(catalog.records()))
        .flatExtracting(record -> ConfigKeys.of((Class<?>) record))
        .allSatisfy(
            key -> assertThat(page("reference.md").text()).contains("| `" + key.path() + "` |"));
  }

  @Test
  void everyCommandAndEveryExperimentIsDocumented() {
    String text = PAGES.stream().map(MarkdownPage::text).collect(Collectors.joining());
    assertThat(Terminal.commandLine().getSubcommands().entrySet())
        .filteredOn(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
        .allSatisfy(command -> assertThat(text).contains("./counterpoint " + command.getKey()));
    assertThat(Experiments.names())
        .allSatisfy(name -> assertThat(page("command-line.md").text()).contains("`" + name + "`"));
  }

  @Test
  void versionsOfTheLibraryPageAreThatOfTheProject() throws IOException {
    Pattern version = Pattern.compile("<version>([^<]+)</version>|core-(\\d[^-`]*)-javadoc");
    String project = Files.readString(Path.of("..", "pom.xml"));
    Matcher first = version.matcher(project);
    assertThat(first.find()).isTrue();

    assertThat(version.matcher(page("library.md").text()).results())
        .isNotEmpty()
        .allSatisfy(
            found ->
                assertThat(found.group(1) == null ? found.group(2) : found.group(1))
                    .isEqualTo(first.group(1)));
  }

  @Test
  void everyPageIsLinkedFromTheReadme() {
    MarkdownPage readme = page("README.md");
    List<Path> linked = readme.links().stream().map(MarkdownPage.Link::file).toList();
    assertThat(PAGES)
        .filteredOn(page -> page != readme)
        .allSatisfy(page -> assertThat(linked).contains(page.file().normalize()));
    assertThat(readme.text().lines()).hasSizeLessThanOrEqualTo(150);
  }

  private static MarkdownPage page(String name) {
    return PAGES.stream().filter(it -> it.toString().equals(name)).findFirst().orElseThrow();
  }
}
