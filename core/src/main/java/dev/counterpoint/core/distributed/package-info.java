/** Distributed training: collectives, batch shards and coordination between ranks. */
@NullMarked
package dev.counterpoint.core.distributed;

import org.jspecify.annotations.NullMarked;
