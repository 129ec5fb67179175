/** Checkpoints: safetensors, written whole or not at all. */
@NullMarked
package dev.counterpoint.core.checkpoint;

import org.jspecify.annotations.NullMarked;
