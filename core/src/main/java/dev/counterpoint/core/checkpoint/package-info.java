/** Checkpoints of a training run: safetensors files, written atomically and verified on loading. */
@NullMarked
package dev.counterpoint.core.checkpoint;

import org.jspecify.annotations.NullMarked;
