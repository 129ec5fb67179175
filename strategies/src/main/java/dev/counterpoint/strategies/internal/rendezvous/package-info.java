/**
 * The rendezvous: where the ranks of one attempt meet before they join the ring.
 *
 * <p>The {@link dev.counterpoint.strategies.internal.rendezvous.RendezvousServer}, in the process
 * that starts rank 0, authenticates each rank, and gives the addresses in the ring only to ranks
 * that agree in code, settings, data and run directory. The connections remain open while the ranks
 * train, so that both sides detect the loss of the other.
 */
@NullMarked
package dev.counterpoint.strategies.internal.rendezvous;

import org.jspecify.annotations.NullMarked;
