/** Layers for images. */
@NullMarked
package dev.counterpoint.core.model.image;

import org.jspecify.annotations.NullMarked;
