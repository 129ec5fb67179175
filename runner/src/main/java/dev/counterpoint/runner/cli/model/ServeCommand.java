package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
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
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

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
      description = "The port for /metrics and /healthz (default: the port after --port).")
  private @Nullable Integer adminPort;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Console console = Consoles.of(spec);
    HttpSettings settings =
        HttpSettings.of(host, port, adminPort != null ? adminPort : port == 0 ? 0 : port + 1);
    String model = ModelId.parse(name != null ? name : defaultName()).name();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    CountDownLatch stop = new CountDownLatch(1);
    try (LoadedModels models = new LoadedModels(BatchLimits.defaults(), meters)) {
      Pipeline pipeline = TrainedModel.open(directory, classpath, console);
      models.add(model, pipeline);
      try (HttpServer server = HttpServer.start(models, settings, meters)) {
        Signals signals =
            Signals.forwarding(
                signal -> {
                  console.log("Answering the accepted requests; a second signal stops at once.");
                  stop.countDown();
                },
                console::close);
        console.print(
            "Serving %s at %s, metrics at %s/metrics. Try: curl -H 'content-type: application/json'"
                + " -d '%s' %s/predict/%s",
            model, server.uri(), server.adminUri(), example(pipeline), server.uri(), model);
        stop.await();
        return signals.exitCode();
      }
    }
  }

  /** The name of the folder of the run, without the time of its start. */
  private String defaultName() {
    Path folder = directory.toAbsolutePath().normalize();
    Path run = folder.endsWith("model") ? folder.resolveSibling("") : folder;
    return String.valueOf(run.getFileName()).replaceFirst("-\\d{8}-\\d{6}(-\\d+)?$", "");
  }

  /** An input of the model as a JSON object without quotation marks of a shell. */
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
