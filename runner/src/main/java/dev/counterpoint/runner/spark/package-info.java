/**
 * A distributed training as a job of Apache Spark: a barrier stage with one task a rank, and in
 * each task a JVM of its own that trains.
 *
 * <p>The classes here run on Spark's class path, in its driver and its executors, where nothing
 * else of this program is: they know the JDK, Spark and Hadoop's file systems alone. All else is
 * asked of processes that have the program's own class path, as its libraries are not Spark's
 * versions of them.
 */
@NullMarked
package dev.counterpoint.runner.spark;

import org.jspecify.annotations.NullMarked;
