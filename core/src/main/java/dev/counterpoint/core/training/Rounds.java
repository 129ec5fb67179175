package dev.counterpoint.core.training;

import dev.counterpoint.core.settings.Checks;

/**
 * How often the processes of a run come together: after each step, whose gradients they add up, or
 * after several that each makes alone with its share of the batches, as in DiLoCo (Douillard et al.
 * 2023, arXiv 2311.08105). When they do, an outer step is made from the parameters of the time
 * before, with the mean change as its gradient: Nesterov's, as {@code torch.optim.SGD} makes it.
 *
 * <p>With one step a round there is no change that is not common: the gradients are added up, the
 * optimizer makes the step of the whole batch, and the outer step follows on what it changed. A
 * plain outer step leaves that as it is; then it is the synchronous training, bit for bit, whatever
 * the optimizer.
 *
 * <p>In a longer round the gradient of a share is scaled by world / weight of the whole batch, so
 * that the mean of the processes' gradients is the batch's, though shares weigh differently. With
 * SGD, momentum and weight decay too, and a plain outer step, rounds of one step are therefore the
 * synchronous training up to rounding even when each process steps by itself. Adam divides by the
 * root of squares, and the mean of what each divides by its own is another step; no scaling mends
 * that.
 *
 * @param every steps of a round; an epoch ends one too
 * @param learningRate of the outer step; 1 with momentum 0 is the mean of the parameters
 * @param momentum of the outer step, from 0 to 1, exclusive
 */
public record Rounds(int every, double learningRate, double momentum) {
  public Rounds {
    new Checks()
        .positive("every", every)
        .positive("learningRate", learningRate)
        .below("momentum", momentum, 0, 1)
        .verify();
  }

  /** Each step is common, and there is no other. */
  public static Rounds ofOneStep() {
    return new Rounds(1, 1, 0);
  }

  boolean plain() {
    return learningRate == 1 && momentum == 0;
  }

  /** Whether processes make steps that the others do not. */
  boolean local() {
    return every > 1;
  }
}
