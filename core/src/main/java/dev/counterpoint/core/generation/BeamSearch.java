package dev.counterpoint.core.generation;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Beam search: decodes several sequences in parallel and returns the one with the highest mean log
 * probability of its new tokens, as Hugging Face's {@code generate} with {@code num_beams}, {@code
 * length_penalty} 1 and {@code early_stopping} false.
 */
record BeamSearch(DecoderSession.Model model, GenerationSettings settings, Device device) {
  private static final double INACTIVE_SCORE = -1e9;

  /**
   * One candidate sequence.
   *
   * @param tokens prompt tokens and generated tokens
   * @param score sum of the log probabilities of the generated tokens; their mean for a finished
   *     sequence
   * @param parent row of the sequence that this one extends
   */
  private record Beam(List<Long> tokens, double score, int parent) {
    Beam with(long token, double score, int parent) {
      List<Long> longer = new ArrayList<>(tokens);
      longer.add(token);
      return new Beam(longer, score, parent);
    }

    long lastToken() {
      return tokens.get(tokens.size() - 1);
    }
  }

  /** The best continuation of a prompt, without the prompt. */
  List<Long> search(long[] prompt, int maxTokens) {
    List<long[]> prompts = Collections.nCopies(settings.beams(), prompt);
    List<Beam> active = new ArrayList<>(initialBeams(prompt));
    List<Beam> finished = new ArrayList<>();
    try (PromptBatch batch = new PromptBatch(model, prompts, prompt.length + maxTokens, device)) {
      double[][] logits = batch.forwardPrompts(prompts);
      for (int generated = 1; true; generated++) {
        List<Beam> candidates = candidates(active, logits);
        boolean isLastStep = generated == maxTokens;
        finish(candidates, finished, isLastStep, generated);
        active = unfinished(candidates);
        if (isLastStep || !mayImprove(active, finished, generated)) {
          break;
        }
        batch.reorder(active.stream().mapToLong(Beam::parent).toArray());
        logits = batch.forwardNext(active.stream().mapToLong(Beam::lastToken).toArray());
      }
    }
    List<Long> best = (finished.isEmpty() ? active : finished).get(0).tokens();
    return best.subList(prompt.length, best.size());
  }

  /** The initial beams. They are identical, so all but the first get a score that excludes them. */
  private List<Beam> initialBeams(long[] prompt) {
    List<Long> tokens = Arrays.stream(prompt).boxed().toList();
    List<Beam> beams = new ArrayList<>();
    for (int i = 0; i < settings.beams(); i++) {
      beams.add(new Beam(tokens, i == 0 ? 0 : INACTIVE_SCORE, i));
    }
    return beams;
  }

  /**
   * The best candidates: enough that a full set of unfinished beams remains even if every beam is
   * first extended by each of its stop tokens.
   */
  private List<Beam> candidates(List<Beam> active, double[][] logits) {
    record Candidate(int row, int token, double score) {}
    int candidateCount = Math.max(2, 1 + settings.stop().size()) * settings.beams();
    List<Candidate> best = new ArrayList<>();
    for (int row = 0; row < logits.length; row++) {
      double[] scores = logits[row];
      double logNormalizer = TokenSampler.logSumExp(scores);
      for (int i = 0; i < scores.length; i++) {
        scores[i] -= logNormalizer;
      }
      new TokenSampler(settings).penalize(scores, active.get(row).tokens());
      double prefixScore = active.get(row).score();
      for (int token = 0; token < scores.length; token++) {
        double score = prefixScore + scores[token];
        if (best.size() < candidateCount || score > best.get(candidateCount - 1).score()) {
          best.add(new Candidate(row, token, score));
          best.sort(Comparator.comparingDouble(Candidate::score).reversed());
          best.subList(Math.min(candidateCount, best.size()), best.size()).clear();
        }
      }
    }
    return best.stream()
        .map(
            candidate ->
                active
                    .get(candidate.row())
                    .with(candidate.token(), candidate.score(), candidate.row()))
        .toList();
  }

  /**
   * Moves finished sequences to the result list. Only the best candidates, as many as there are
   * beams, may finish.
   */
  private void finish(
      List<Beam> candidates, List<Beam> finished, boolean isLastStep, int generated) {
    candidates.stream()
        .limit(settings.beams())
        .filter(beam -> isLastStep || ends(beam))
        .map(beam -> new Beam(beam.tokens(), beam.score() / generated, beam.parent()))
        .forEach(finished::add);
    finished.sort(Comparator.comparingDouble(Beam::score).reversed());
    finished.subList(Math.min(settings.beams(), finished.size()), finished.size()).clear();
  }

  private List<Beam> unfinished(List<Beam> candidates) {
    return candidates.stream().filter(beam -> !ends(beam)).limit(settings.beams()).toList();
  }

  private boolean ends(Beam beam) {
    return settings.stop().contains(beam.lastToken());
  }

  private boolean mayImprove(List<Beam> active, List<Beam> finished, int generated) {
    return finished.size() < settings.beams()
        || active.get(0).score() / generated > finished.get(finished.size() - 1).score();
  }
}
