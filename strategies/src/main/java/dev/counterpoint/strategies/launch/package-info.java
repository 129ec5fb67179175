/**
 * Starts, supervises and restarts the processes of a distributed run. The classes of this package
 * depend on the JDK and {@code network} alone: they also run in the tasks of Spark.
 *
 * <p><b>A rank</b> is {@code java ... Main train RUN --output DIR [--set ...]} with these
 * environment variables. If DIR contains the run already, the rank resumes it from its newest
 * checkpoint.
 *
 * <table>
 * <caption>The environment of a rank</caption>
 * <tr><th>variable</th><th>meaning</th></tr>
 * <tr><td>{@code COUNTERPOINT_RANK}</td><td>the rank, from 0; its presence makes the process a
 * rank</td></tr>
 * <tr><td>{@code COUNTERPOINT_WORLD}</td><td>the number of ranks; must equal {@code
 * strategy.workers}</td></tr>
 * <tr><td>{@code COUNTERPOINT_TRACKER}</td><td>{@code HOST:PORT} of the tracker</td></tr>
 * <tr><td>{@code COUNTERPOINT_LOCAL_RANK}</td><td>the number of the rank on its machine, from 0;
 * selects the GPU; default 0</td></tr>
 * <tr><td>{@code COUNTERPOINT_SECRET}</td><td>the secret of ranks and tracker; default empty</td></tr>
 * <tr><td>{@code COUNTERPOINT_BIND}</td><td>{@code ADDRESS:FIRST-LAST}: the address and the ports on
 * which the rank listens for the rank before it; default: the address from which it reaches the
 * tracker, and any free port. If that is a loopback address, the given address is ignored</td></tr>
 * <tr><td>{@code COUNTERPOINT_KEYSTORE}</td><td>a key store for TLS; its password is in {@code
 * COUNTERPOINT_KEYSTORE_PASSWORD} or in the file {@code COUNTERPOINT_KEYSTORE_PASSWORD_FILE}; default:
 * no TLS</td></tr>
 * <tr><td>{@code COUNTERPOINT_PARENT_WATCHDOG}</td><td>{@code stdin}: the process exits with 75 when
 * its standard input ends, so that it never outlives the process that holds the other end. The lines
 * {@code stop TERM}, or another of {@link dev.counterpoint.strategies.launch.RankExit#stopSignals},
 * requests the process to save and stop. Signals do the same;
 * a second signal has no further effect</td></tr>
 * <tr><td>{@code COUNTERPOINT_DIRECTORY}</td><td>{@code copy}: DIR belongs to this rank alone. The
 * launcher has copied {@code run.yaml} and {@code provenance.json} of an existing run into each
 * directory, and the whole run into that of rank 0; it saves the files of rank 0 and the snapshots of
 * every rank</td></tr>
 * </table>
 *
 * <p><b>The tracker</b> is a server in the process that starts rank 0. It compares the ranks, tells
 * each the address of the next one in the ring, and detects the loss of a rank.
 *
 * <p>Exit codes:
 *
 * <table>
 * <caption>Exit codes</caption>
 * <tr><th>code</th><th>meaning</th></tr>
 * <tr><td>0</td><td>done</td></tr>
 * <tr><td>1</td><td>the run has failed, and would fail again</td></tr>
 * <tr><td>2</td><td>invalid request: the ranks do not agree, a wrong secret, a port in use, a rank that
 * did not join in time</td></tr>
 * <tr><td>75</td><td>this attempt failed because of another process: start all ranks again</td></tr>
 * <tr><td>128 + number</td><td>stopped by SIGHUP, SIGINT, SIGUSR1, SIGTERM or SIGXCPU, after saving</td></tr>
 * <tr><td>other</td><td>the process was killed; start all again</td></tr>
 * </table>
 */
@NullMarked
package dev.counterpoint.strategies.launch;

import org.jspecify.annotations.NullMarked;
