/**
 * Authenticated TCP connections between the processes of a run: between rank and tracker, between
 * ranks, and on Spark between task and driver.
 *
 * <p>Both sides prove by HMAC-SHA256 that they have the same secret, without sending it. With
 * {@link dev.counterpoint.strategies.internal.network.Secret#withTls} they are encrypted. The
 * classes of this package depend on the JDK alone: they also run in the driver and the executors of
 * Spark.
 */
@NullMarked
package dev.counterpoint.strategies.internal.network;

import org.jspecify.annotations.NullMarked;
