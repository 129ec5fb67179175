/**
 * Native computation: libtorch operators, autograd, and kernels written as TorchScript source.
 *
 * <p>Starting the engine prints nothing unless something is wrong. DJL logs its start-up (platform,
 * threads, GPU detection) through SLF4J; with the providers {@code slf4j-simple} and {@code
 * slf4j-jdk14} and no logging configuration, this package limits the logger {@code ai.djl} to
 * warnings. With Logback or Log4j, set that level in their configuration. Without any provider,
 * SLF4J itself prints a notice; add {@code slf4j-nop} to remove it.
 */
@NullMarked
package dev.counterpoint.core.kernel;

import org.jspecify.annotations.NullMarked;
