/** Downloads models by name from the Hugging Face hub or a mirror into a cache. */
@NullMarked
package dev.counterpoint.models.internal.hub;

import org.jspecify.annotations.NullMarked;
