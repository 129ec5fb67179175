/**
 * Distributed training as a job of Apache Spark: a barrier stage with one task per rank. Each task
 * supervises a JVM that trains.
 *
 * <p>These classes run in Spark's driver and executors, whose class path has none of this program's
 * libraries: they depend on the JDK, Spark, Hadoop's file systems, and the packages {@code launch}
 * and {@code network}, which depend on the JDK alone. The jar of this module is what {@code
 * spark-submit} receives, so that Spark sends it to the executors. All else runs in processes with
 * the program's own class path, since its libraries differ in version from Spark's.
 */
@NullMarked
package dev.counterpoint.strategies.spark;

import org.jspecify.annotations.NullMarked;
