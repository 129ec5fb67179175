/** Models fetched by name from Hugging Face's hub, or a mirror with its paths, into a cache. */
@NullMarked
package dev.counterpoint.core.hub;

import org.jspecify.annotations.NullMarked;
