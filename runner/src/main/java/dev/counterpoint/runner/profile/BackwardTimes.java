package dev.counterpoint.runner.profile;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.BackwardTrace;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.parameter.Gradients;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the share of each layer in the backward pass. The output of each layer is marked: its
 * part begins where the backward pass reaches its mark, and ends at the mark of the layer before
 * it. So it includes operations between the two layers, as in the forward pass.
 */
final class BackwardTimes {
  /** The part from the loss to the output of the last layer. */
  private static final String LOSS = "loss";

  private final BaseModel model;
  private final Map<String, List<Double>> parts = new LinkedHashMap<>(); // of each batch, by layer
  private boolean complete = true;

  BackwardTimes(BaseModel model) {
    this.model = model;
  }

  /** Measures the backward pass of a batch. */
  void measure(Batch batch) {
    model.setTraining(true);
    List<String> marked = new ArrayList<>();
    try (Gradients gradients = new Gradients(model.parameters());
        ForwardScope scope = ForwardScope.record(1);
        LayerObserver observer =
            LayerObserver.replace(
                model,
                (layer, output) -> {
                  NDArray mark = BackwardTrace.mark(output);
                  if (mark != output) {
                    marked.add(layer);
                  }
                  return mark;
                })) {
      NDArray sum = model.loss(model.forward(batch), batch).sum();
      int forward = marked.size();
      add(marked, forward, BackwardTrace.of(() -> gradients.add(sum, scope)));
    }
  }

  /**
   * Adds the parts of a backward pass.
   *
   * @param marked the layers in the order of their marks
   * @param forward how many of them were marked in the forward pass; the others were recomputed
   */
  private void add(List<String> marked, int forward, BackwardTrace trace) {
    long again = trace.marks().stream().filter(BackwardTrace.Mark::recomputed).count();
    if (again != marked.size() - forward || trace.marks().size() != marked.size() + again) {
      complete = false;
      return;
    }
    Deque<String> ahead = new ArrayDeque<>(); // the layer that is reached next is the last
    marked.subList(0, forward).forEach(ahead::addLast);
    Iterator<String> recomputed = marked.listIterator(forward);
    Map<String, Double> seconds = new LinkedHashMap<>();
    String current = LOSS;
    double begin = 0;
    for (BackwardTrace.Mark mark : trace.marks()) {
      if (mark.recomputed()) {
        double end = Math.max(begin, mark.begin());
        seconds.merge(current, end - begin, Double::sum);
        begin = end;
        current = recomputed.next();
        ahead.addLast(current);
      }
      seconds.merge(current, mark.second() - begin, Double::sum);
      begin = mark.second();
      if (!mark.recomputed()) {
        current = ahead.removeLast();
      }
    }
    seconds.merge(current, trace.seconds() - begin, Double::sum);
    seconds.forEach(
        (layer, time) ->
            parts.computeIfAbsent(layer, it -> new ArrayList<>()).add(time / trace.seconds()));
  }

  /**
   * The parts by layer, as {@link LayerObserver} names them, in the order of the backward pass. A
   * part is the median over the batches; all add up to 1. Empty if the output of a layer took no
   * part in the loss, because it is then unknown which marks were reached.
   */
  Map<String, Double> parts() {
    Map<String, Double> medians = new LinkedHashMap<>();
    if (complete) {
      parts.forEach((layer, all) -> medians.put(layer, median(all)));
    }
    double sum = medians.values().stream().mapToDouble(part -> part).sum();
    medians.replaceAll((layer, part) -> part / sum);
    return medians;
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
  }
}
