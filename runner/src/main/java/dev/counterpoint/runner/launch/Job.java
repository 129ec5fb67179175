package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a launcher has to run.
 *
 * @param world ranks of the run, here and on other machines
 * @param ranks those that are started here
 * @param firstLocalRank the number of the first of them on this machine; others of it may have
 *     another launcher
 * @param tracker where the tracker is to listen; port 0 for any
 * @param trackerHere whether it is started here
 * @param deadline within which a process that does not answer is noticed
 * @param environment of all processes, beside what makes them ranks
 * @param logs the folder of the logs
 */
record Job(
    int world,
    List<Integer> ranks,
    int firstLocalRank,
    Address tracker,
    boolean trackerHere,
    Secret secret,
    Duration deadline,
    Map<String, String> environment,
    Path logs) {}
