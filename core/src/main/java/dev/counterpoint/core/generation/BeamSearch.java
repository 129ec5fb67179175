package dev.counterpoint.core.generation;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Goes on with several texts at once and takes the likeliest, by the mean log probability of its
 * new tokens: {@code generate} of Hugging Face with {@code num_beams}, {@code length_penalty} 1 and
 * {@code early_stopping} false.
 */
final class BeamSearch {
  private static final double IMPOSSIBLE = -1e9;

  private final DecoderSession.Model model;
  private final GenerationSettings settings;
  private final Device device;
  private final TokenSampler next;

  BeamSearch(DecoderSession.Model model, GenerationSettings settings, Device device) {
    this.model = model;
    this.settings = settings;
    this.device = device;
    next = new TokenSampler(settings);
  }

  /**
   * A text.
   *
   * @param tokens the prompt's and the new ones
   * @param score the sum of the log probabilities of the new ones; for a finished text their mean
   * @param from the row that it goes on from
   */
  private record Beam(List<Long> tokens, double score, int from) {
    Beam with(long token, double score, int from) {
      List<Long> longer = new ArrayList<>(tokens);
      longer.add(token);
      return new Beam(longer, score, from);
    }

    long last() {
      return tokens.get(tokens.size() - 1);
    }
  }

  /** The likeliest text that goes on from a prompt, without the prompt. */
  List<Long> search(long[] prompt, int maxTokens) {
    List<long[]> prompts = Collections.nCopies(settings.beams(), prompt);
    List<Beam> running = new ArrayList<>(beginnings(prompt));
    List<Beam> finished = new ArrayList<>();
    try (PromptBatch reading = new PromptBatch(model, prompts, prompt.length + maxTokens, device)) {
      double[][] logits = reading.readPrompts(prompts);
      for (int made = 1; true; made++) {
        List<Beam> candidates = candidates(running, logits);
        boolean last = made == maxTokens;
        finish(candidates, finished, last, made);
        running = resuming(candidates);
        if (last || !mayImprove(running, finished, made)) {
          break;
        }
        reading.select(running.stream().mapToLong(Beam::from).toArray());
        logits = reading.readNext(running.stream().mapToLong(Beam::last).toArray());
      }
    }
    List<Long> best = (finished.isEmpty() ? running : finished).get(0).tokens();
    return best.subList(prompt.length, best.size());
  }

  /** All beams begin alike, so that only the first may lead anywhere. */
  private List<Beam> beginnings(long[] prompt) {
    List<Long> tokens = Arrays.stream(prompt).boxed().toList();
    List<Beam> beams = new ArrayList<>();
    for (int i = 0; i < settings.beams(); i++) {
      beams.add(new Beam(tokens, i == 0 ? 0 : IMPOSSIBLE, i));
    }
    return beams;
  }

  /** As many as leave enough that go on even where every beam meets all its ends first. */
  private List<Beam> candidates(List<Beam> running, double[][] logits) {
    record Step(int row, int token, double score) {}
    int wanted = Math.max(2, 1 + settings.stop().size()) * settings.beams();
    List<Step> best = new ArrayList<>();
    for (int row = 0; row < logits.length; row++) {
      double[] scores = logits[row];
      double total = TokenSampler.logSumExp(scores);
      for (int i = 0; i < scores.length; i++) {
        scores[i] -= total;
      }
      next.penalize(scores, running.get(row).tokens());
      double before = running.get(row).score();
      for (int token = 0; token < scores.length; token++) {
        double score = before + scores[token];
        if (best.size() < wanted || score > best.get(wanted - 1).score()) {
          best.add(new Step(row, token, score));
          best.sort(Comparator.comparingDouble(Step::score).reversed());
          best.subList(Math.min(wanted, best.size()), best.size()).clear();
        }
      }
    }
    return best.stream()
        .map(step -> running.get(step.row()).with(step.token(), step.score(), step.row()))
        .toList();
  }

  /** Of the candidates, only as many as there are beams may end. */
  private void finish(List<Beam> candidates, List<Beam> finished, boolean last, int made) {
    candidates.stream()
        .limit(settings.beams())
        .filter(beam -> last || ends(beam))
        .map(beam -> new Beam(beam.tokens(), beam.score() / made, beam.from()))
        .forEach(finished::add);
    finished.sort(Comparator.comparingDouble(Beam::score).reversed());
    finished.subList(Math.min(settings.beams(), finished.size()), finished.size()).clear();
  }

  private List<Beam> resuming(List<Beam> candidates) {
    return candidates.stream().filter(beam -> !ends(beam)).limit(settings.beams()).toList();
  }

  private boolean ends(Beam beam) {
    return settings.stop().contains(beam.last());
  }

  private boolean mayImprove(List<Beam> running, List<Beam> finished, int made) {
    return finished.size() < settings.beams()
        || running.get(0).score() / made > finished.get(finished.size() - 1).score();
  }
}
