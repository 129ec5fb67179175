/** Models that others trained before: folders as Hugging Face's libraries write and read them. */
@NullMarked
package dev.counterpoint.core.pretrained;

import org.jspecify.annotations.NullMarked;
