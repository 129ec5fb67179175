/** Reads and writes the safetensors format: streaming, and without a 2 GiB limit. */
@NullMarked
package dev.counterpoint.core.safetensors;

import org.jspecify.annotations.NullMarked;
