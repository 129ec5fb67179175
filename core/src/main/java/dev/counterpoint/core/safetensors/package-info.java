/** Reading and writing the safetensors format, streaming and without a size limit of 2 GiB. */
@NullMarked
package dev.counterpoint.core.safetensors;

import org.jspecify.annotations.NullMarked;
