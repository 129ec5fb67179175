/** A feature store in Redis. */
@NullMarked
package dev.counterpoint.serving.feature.redis;

import org.jspecify.annotations.NullMarked;
