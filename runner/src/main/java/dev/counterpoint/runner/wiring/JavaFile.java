package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.embedding.EmbeddingConfig;
import dev.counterpoint.core.model.head.HeadConfig;
import dev.counterpoint.core.model.initializer.InitializerConfig;
import dev.counterpoint.core.model.pooling.PoolingConfig;
import dev.counterpoint.core.model.position.PositionsConfig;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Java file as the argument of {@code train}: a program with a {@code main} method, or a
 * component, such as a model, that replaces that of an experiment.
 *
 * @param original the arguments that name the file
 * @param from the experiment or run file to change; null for {@link #EXPERIMENT}
 * @param type the class with the name of the file
 */
public record JavaFile(Run.Request original, @Nullable String from, Class<?> type) {
  /** The default experiment for trying a component. */
  public static final String EXPERIMENT = "sentiment";

  private static final String SUFFIX = ".java";
  private static final Map<Class<?>, String> KEYS = keys();

  /** The key of the run file that selects an implementation of each contract. */
  private static Map<Class<?>, String> keys() {
    Map<Class<?>, String> keys = new LinkedHashMap<>();
    keys.put(ModelConfig.class, "model");
    keys.put(AttentionConfig.class, "model.attention");
    keys.put(FeedForwardConfig.class, "model.feedForward");
    keys.put(NormConfig.class, "model.norm");
    keys.put(PositionsConfig.class, "model.positions");
    keys.put(PoolingConfig.class, "model.pooling");
    keys.put(InitializerConfig.class, "model.initializer");
    keys.put(EmbeddingConfig.class, "model.embedding");
    keys.put(HeadConfig.class, "model.head");
    keys.put(Loss.class, "loss");
    keys.put(OptimizerConfig.class, "training.optimizer");
    keys.put(Schedule.class, "training.schedule");
    keys.put(StrategyConfig.class, "strategy");
    return keys;
  }

  /**
   * Compiles the file that a request names.
   *
   * @return the file; empty if the request names no Java file
   * @throws InvalidSettings if the file does not compile or does not have a class of its name
   */
  public static Optional<JavaFile> of(Run.Request request, @Nullable String from) {
    if (!isNamedBy(request)) {
      if (from != null) {
        throw new InvalidSettings("--from needs a Java file as RUN; %s is not one.", request.run());
      }
      return Optional.empty();
    }
    Path path = Path.of(request.run());
    FileAccess.requireAccess(path);
    Run.Request withCode = RecordCopy.with(request, "classpath", classpath(request, path));
    SourcePath code = SourcePath.open(withCode.classpath());
    String name = path.getFileName().toString().replace(SUFFIX, "");
    return Optional.of(
        new JavaFile(
            withCode,
            from,
            code.compiled().keySet().stream()
                .filter(it -> it.equals(name) || it.endsWith("." + name))
                .findFirst()
                .flatMap(code::find)
                .orElseThrow(
                    () -> new InvalidSettings("%s does not contain a class %s.", path, name))));
  }

  /** Whether a request names a Java file. */
  public static boolean isNamedBy(Run.Request request) {
    return request.run().endsWith(SUFFIX) && Files.isRegularFile(Path.of(request.run()));
  }

  private static List<Path> classpath(Run.Request request, Path path) {
    return Stream.concat(Stream.of(path), request.classpath().stream()).distinct().toList();
  }

  /** Whether the class has a {@code main} method. */
  public boolean isProgram() {
    return main().isPresent();
  }

  private Optional<Method> main() {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(it -> it.getName().equals("main") && Modifier.isStatic(it.getModifiers()))
        .filter(it -> Arrays.equals(it.getParameterTypes(), new Class<?>[] {String[].class}))
        .findFirst();
  }

  /** Runs the program on this thread. */
  public void run() throws IOException {
    Thread.currentThread().setContextClassLoader(type.getClassLoader());
    Method main = main().orElseThrow();
    main.setAccessible(true);
    try {
      main.invoke(null, (Object) new String[0]);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException failure) {
        throw failure;
      } else if (cause instanceof Error failure) {
        throw failure;
      } else if (cause instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(cause);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The request to train the experiment with the component of the file.
   *
   * @throws InvalidSettings if the class is neither a program nor a component
   */
  public Run.Request request() {
    String key =
        KEYS.entrySet().stream()
            .filter(entry -> contains(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "%s has neither a main method nor a public record that implements one of"
                            + " %s.",
                        original.run(),
                        String.join(
                            ", ", KEYS.keySet().stream().map(Class::getSimpleName).toList())));
    List<String> sets =
        new ArrayList<>(List.of("name=" + type.getSimpleName(), key + ".type=" + type.getName()));
    sets.addAll(original.sets());
    return RecordCopy.with(original, Map.of("run", from == null ? EXPERIMENT : from, "sets", sets));
  }

  /** Adds the name of the experiment to invalid settings, unless the user has named it. */
  public InvalidSettings located(InvalidSettings invalid) {
    List<Problem> problems = new ArrayList<>(invalid.problems());
    if (from == null) {
      String rule = "is tried in the experiment %s; use --from for another experiment or run file";
      problems.add(new Problem(original.run(), rule.formatted(EXPERIMENT)));
    }
    return new InvalidSettings(problems);
  }

  private boolean contains(Class<?> contract) {
    return contract.isAssignableFrom(type)
        || Arrays.stream(type.getDeclaredClasses()).anyMatch(contract::isAssignableFrom);
  }
}
