package dev.counterpoint.runner.plan;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.report.Paragraph;
import dev.counterpoint.runner.report.TextTable;
import java.util.List;
import java.util.function.Function;

/** A plan as a page of text. */
public final class PlanText {
  private static final int INDENT = 4;

  private final StringBuilder text = new StringBuilder();

  private PlanText() {}

  /**
   * Formats a plan.
   *
   * @param measured the measured peak memory above an empty start, in bytes; 0 if it was not
   *     measured
   */
  public static String of(Plan plan, long measured) {
    PlanText page = new PlanText();
    page.settings(plan);
    page.data(plan);
    page.model(plan);
    page.steps(plan);
    page.resources(plan, measured);
    page.time(plan);
    if (!plan.warnings().isEmpty()) {
      page.section("Warnings");
      plan.warnings().forEach(page::line);
    }
    return page.text.toString().stripTrailing();
  }

  private void section(String title) {
    text.append(text.isEmpty() ? "" : "\n").append(title).append('\n');
  }

  /** Adds a line, wrapped between words. */
  private void line(String line) {
    text.append(Paragraph.of("  " + ControlCharacterEscaper.of(line), INDENT)).append('\n');
  }

  private <T> void table(List<String> header, List<T> items, Function<T, List<String>> cells) {
    TextTable.of(header, items, cells)
        .lines()
        .forEach(row -> text.append("  ").append(row).append('\n'));
  }

  private void settings(Plan plan) {
    section("Settings of " + plan.name());
    table(
        List.of("key", "value", "from"),
        plan.settings(),
        it -> List.of(it.key(), it.value(), it.origin()));
  }

  private void data(Plan plan) {
    section("Data");
    table(
        List.of("split", "examples", "tokens: shortest", "mean", "longest"),
        plan.splits(),
        it ->
            it.longest() == 0
                ? List.of(it.name(), number(it.examples()), "", "", "")
                : List.of(
                    it.name(),
                    number(it.examples()),
                    number(it.shortest()),
                    Formats.of("%.1f", it.mean()),
                    number(it.longest())));
    plan.notes().forEach(this::line);
  }

  private void model(Plan plan) {
    section("Model, with the shapes for the longest example");
    table(
        List.of("layer", "type", "output", "layers", "parameters"),
        plan.layers(),
        it ->
            List.of(
                it.name(),
                it.type(),
                it.shape().isEmpty() ? "not observed" : it.shape(),
                number(it.count()),
                number(it.parameters())));
    line(Formats.of("%,d parameters, %,d of them trainable", plan.parameters(), plan.trainable()));
  }

  private void steps(Plan plan) {
    PlannedSteps steps = plan.steps();
    section("Steps");
    line(
        Formats.of(
            "%,d steps, %,d in an epoch; %,d validations, %,d checkpoints",
            steps.total(), steps.perEpoch(), steps.validations(), steps.checkpoints()));
    line(
        "learning rate: "
            + String.join(
                ", ",
                steps.learningRates().stream()
                    .map(
                        it ->
                            Formats.of(
                                "%s in step %,d",
                                Formats.learningRate(it.learningRate()), it.step()))
                    .toList()));
  }

  private void resources(Plan plan, long measured) {
    MemoryEstimate memory = plan.memory();
    section("Memory and disk");
    line(
        Formats.of(
            "predicted peak memory above an empty start: %s (weights %s, optimizer %s, gradients %s"
                + ", activations %s, fragments %s, data %s, copies for checkpoints %s, program %s)",
            megabytes(memory.peak()),
            megabytes(memory.weights()),
            megabytes(memory.optimizer()),
            megabytes(memory.gradients()),
            memory.activations() == 0 ? "unknown" : megabytes(memory.activations()), // on a GPU
            megabytes(memory.fragments()),
            megabytes(memory.data()),
            megabytes(memory.copies()),
            megabytes(memory.program())));
    if (measured > 0) {
      line("peak memory of the training that measured the time: " + megabytes(measured));
    }
    line(
        Formats.of(
            "disk: %s for each checkpoint, %s at the end",
            megabytes(plan.checkpointBytes()), megabytes(plan.diskBytes())));
  }

  private void time(Plan plan) {
    TimeEstimate time = plan.time();
    if (time == null) {
      return;
    }
    section("Time in one process");
    line(
        Formats.of(
            "%s: %.3g s for the start, %.4g ms for a step (%s measured), %.3g s for a validation, %.3g s"
                + " for a checkpoint, %.3g s for the warm-up and the end",
            Formats.duration(time.total()),
            time.start(),
            1e3 * time.step(),
            Formats.count(time.measuredSteps(), "step"),
            time.validation(),
            time.checkpoint(),
            time.rest()));
    for (Scaling scaling : plan.scaling()) {
      line(
          Formats.of(
              "%d machines with 10 Gbit/s: %.4g ms for a step, %.3g ms of them for the exchange;"
                  + " %.2f times as fast",
              scaling.ranks(), 1e3 * scaling.step(), 1e3 * scaling.exchange(), scaling.speedup()));
    }
  }

  private static String number(long number) {
    return Formats.of("%,d", number);
  }

  private static String megabytes(long bytes) {
    return bytes < 10_000_000
        ? Formats.of("%.2f MB", bytes / 1e6)
        : Formats.of("%,.0f MB", bytes / 1e6);
  }
}
