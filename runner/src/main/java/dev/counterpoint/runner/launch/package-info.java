/**
 * Many processes, one run: who starts the ranks of a distributed training, watches them, and starts
 * them again.
 *
 * <p><b>A rank</b> is {@code java ... Main train RUN --output DIR [--set ...]} with this
 * environment. It takes RUN and its settings as they are given; where DIR has a run in it, it goes
 * on with that from its newest checkpoint.
 *
 * <table>
 * <caption>The environment of a rank</caption>
 * <tr><th>variable</th><th>meaning</th></tr>
 * <tr><td>{@code COUNTERPOINT_RANK}</td><td>this rank, from 0; its presence makes the process a
 * rank</td></tr>
 * <tr><td>{@code COUNTERPOINT_WORLD}</td><td>ranks altogether; must be {@code strategy.workers}</td>
 * </tr>
 * <tr><td>{@code COUNTERPOINT_TRACKER}</td><td>{@code HOST:PORT} of the gate, see below</td></tr>
 * <tr><td>{@code COUNTERPOINT_LOCAL_RANK}</td><td>the number among the ranks of its machine, from 0;
 * chooses the GPU; 0 where it is absent</td></tr>
 * <tr><td>{@code COUNTERPOINT_SECRET}</td><td>what both sides must know; empty where it is absent</td>
 * </tr>
 * <tr><td>{@code COUNTERPOINT_LEASH}</td><td>{@code stdin}: the rank ends with 75 as soon as its
 * standard input does, so that it outlives nobody who holds the other end. The lines {@code stop INT}
 * and {@code stop TERM} there ask for an orderly end. Signals ask for the same, and a second one for
 * nothing more</td></tr>
 * <tr><td>{@code COUNTERPOINT_DIRECTORY}</td><td>{@code copy}: DIR is this rank's own; whoever has
 * started the ranks has put {@code run.yaml} and {@code provenance.json} of a run that goes on into
 * each, and into rank 0's all that it has, and keeps what rank 0 writes, and snapshots of any
 * rank</td></tr>
 * </table>
 *
 * <p><b>The tracker</b> is {@code java ... Main tracker --host H --port P --world N --deadline
 * SECONDS}, one for each attempt, with {@code COUNTERPOINT_SECRET} and {@code COUNTERPOINT_LEASH}
 * as above. Its first line on standard output is {@code gate HOST:PORT}, where the ranks are to
 * meet (port 0 is any that is free). Then come lines {@code alive}, {@code lost RANK WHY}, {@code
 * failed RANK}, {@code missing RANK...}, {@code begun}. It ends with its leash, or when all ranks
 * have gone after an orderly end.
 *
 * <p>Exit codes of both:
 *
 * <table>
 * <caption>Exit codes</caption>
 * <tr><th>code</th><th>meaning</th></tr>
 * <tr><td>0</td><td>done</td></tr>
 * <tr><td>1</td><td>the run failed, and would again</td></tr>
 * <tr><td>2</td><td>the request is wrong: ranks that do not fit each other, a wrong secret, a port that
 * is taken, a world that is not complete in time</td></tr>
 * <tr><td>75</td><td>this attempt failed because of another process: start all ranks and a new tracker
 * again</td></tr>
 * <tr><td>130, 143</td><td>stopped by SIGINT or SIGTERM, after saving</td></tr>
 * <tr><td>any other</td><td>the process died; start all again</td></tr>
 * </table>
 */
@NullMarked
package dev.counterpoint.runner.launch;

import org.jspecify.annotations.NullMarked;
