/** Communication between the processes of a run: the collective, shards and agreed decisions. */
@NullMarked
package dev.counterpoint.core.distributed;

import org.jspecify.annotations.NullMarked;
