/**
 * Base class of models, {@link dev.counterpoint.core.model.BaseModel}, and the layers to build
 * them.
 */
@NullMarked
package dev.counterpoint.core.model;

import org.jspecify.annotations.NullMarked;
