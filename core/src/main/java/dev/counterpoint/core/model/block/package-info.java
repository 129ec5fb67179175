/** More layers for the blocks of a transformer, which a run file selects. */
@NullMarked
package dev.counterpoint.core.model.block;

import org.jspecify.annotations.NullMarked;
