package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Threads;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelLease;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import dev.counterpoint.serving.registry.RegistryModels;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint serve}: predicts over HTTP until a signal arrives. */
@Command(
    name = "serve",
    description = {
      "Serves the predictions of a trained model over HTTP: POST /predict/NAME takes and returns the"
          + " JSON of predict --json, one object or a list, and /v2 is the REST API of the Open"
          + " Inference Protocol. Requests that arrive at the same time are batched.",
      "Ctrl-C and SIGTERM answer the accepted requests and stop; a second signal stops at once."
    })
public final class ServeCommand implements Callable<Integer> {
  private static final int MAX_SHOWN = 10;

  @Parameters(
      paramLabel = "RUN_DIR|FILE",
      description =
          "A run directory, its model folder, or a YAML file with the models of a registry, whose"
              + " aliases are followed.")
  private Path source = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name of the model (default: the name of the folder, without the time).")
  private @Nullable String name;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "The loopback address to listen on (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "The port for predictions; 0 for any free one (default: ${DEFAULT-VALUE}).")
  private int port = 8080;

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description = "The port for administration and metrics (default: the port after --port).")
  private @Nullable Integer adminPort;

  @Option(
      names = "--store",
      paramLabel = "FOLDER|FILE",
      description =
          "The folder of an embedded feature store, or a YAML file with the settings of a store"
              + " (default: none).")
  private @Nullable Path store;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  /** Divides the processors among the threads that run a model. */
  private static void useThreads(Collection<BatchLimits> models) {
    int largest = models.stream().mapToInt(BatchLimits::threads).max().orElse(1);
    if (System.getenv(Threads.VARIABLE) == null) {
      Torch.setThreads(Math.max(1, Runtime.getRuntime().availableProcessors() / largest));
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Console console = Consoles.of(spec);
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    if (DatabaseFile.isOne(source)) {
      requireNoOptions();
      ServingFile file = ServingFile.read(source);
      FeatureStoreConfig features = file.features();
      useThreads(file.models().values());
      try (FeatureStore store =
              features == null
                  ? FeatureStore.none()
                  : features.open(source.toAbsolutePath().resolveSibling(""));
          RegistryModels models =
              new RegistryModels(
                  DatabaseFile.registry(Path.of(file.registry())),
                  file.selection(),
                  folder -> TrainedModel.open(folder, classpath, console),
                  meters,
                  console::log)) {
        return serve(models, store, models::refresh, file, meters, console);
      }
    }
    HttpSettings http = HttpSettings.of(host, port, adminPort);
    String model = ModelId.parse(name != null ? name : defaultName()).name();
    BatchLimits limits = BatchLimits.defaults();
    useThreads(List.of(limits));
    try (FeatureStore features =
            store == null ? FeatureStore.none() : DatabaseFile.featureStore(store, false);
        LoadedModels models = new LoadedModels(limits, meters)) {
      models.add(model, TrainedModel.open(source, classpath, console));
      ServingFile file = RecordCopy.with(ServingFile.defaults(), "http", http);
      return serve(models, features, () -> {}, file, meters, console);
    }
  }

  /** Rejects options that a YAML file replaces, because they would be ignored. */
  private void requireNoOptions() {
    for (String option : List.of("--name", "--host", "--port", "--admin-port", "--store")) {
      if (Objects.requireNonNull(spec).commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InvalidSettings(
            "%s cannot be combined with %s; set it in the file.", option, source);
      }
    }
  }

  private static int serve(
      ModelRegistry models,
      FeatureStore features,
      Runnable refresh,
      ServingFile file,
      PrometheusMeterRegistry meters,
      Console console)
      throws InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    try (HttpServer server =
        HttpServer.start(
            models,
            features,
            file.http(),
            meters,
            file.accessLog() ? console::print : line -> {})) {
      Signals signals =
          Signals.forwarding(
              signal -> {
                console.log("Answering the accepted requests; a second signal stops at once.");
                server.drain();
                stop.countDown();
              },
              console::close);
      List<ModelId> served = List.copyOf(models.models());
      try (ModelLease first = models.getModel(served.get(0))) {
        console.print(
            "Serving %s at %s, status at %s/. Try: curl %s-H 'content-type: application/json'"
                + " -d '%s' %s/predict/%s",
            Formats.list(served.stream().map(ModelId::toString).toList(), MAX_SHOWN),
            server.uri(),
            server.adminUri(),
            file.http().tokens().isEmpty() ? "" : "-H 'authorization: Bearer TOKEN' ",
            example(first.pipeline()),
            server.uri(),
            served.get(0));
      }
      Thread refreshing =
          new Thread(() -> refresh(refresh, file.refreshSeconds(), stop), "registry");
      refreshing.setDaemon(true);
      refreshing.start();
      stop.await();
      return signals.exitCode();
    }
  }

  private static void refresh(Runnable refresh, int seconds, CountDownLatch stop) {
    while (!Uninterruptibles.awaitUninterruptibly(stop, Duration.ofSeconds(seconds))) {
      refresh.run();
    }
  }

  /** The name of the run directory, without the start time. */
  private String defaultName() {
    Path folder = source.toAbsolutePath().normalize();
    Path run = folder.endsWith("model") ? folder.resolveSibling("") : folder;
    return String.valueOf(run.getFileName()).replaceFirst("-\\d{8}-\\d{6}(-\\d+)?$", "");
  }

  /** An example input of the model as JSON without single quotation marks, for a shell. */
  private static String example(Pipeline pipeline) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    boolean pairs = pipeline.input().text2() != null;
    ModelSignature signature =
        pipeline.signature().orElseGet(() -> ModelSignature.of(pipeline.config().data(), pairs));
    for (ModelSignature.Field field : signature.inputs()) {
      if (field.categories() != null && !field.categories().isEmpty()) {
        object.put(field.name(), field.categories().get(0));
      } else if (field.type().equals("numeric") || field.type().equals("boolean")) {
        object.put(field.name(), field.range() == null ? null : field.range().get(0));
      } else if (field.type().equals("number")) {
        ArrayNode features = object.putArray(field.name());
        IntStream.range(0, field.shape().get(1)).forEach(i -> features.add(0));
      } else {
        object.put(field.name(), "...");
      }
    }
    return object.toString().replace("'", "");
  }
}
