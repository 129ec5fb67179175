/** Distributed training: data-parallel processes, DiLoCo, and their ring collective. */
@NullMarked
package dev.counterpoint.strategies.distributed;

import org.jspecify.annotations.NullMarked;
