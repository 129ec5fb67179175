/** The model: {@link dev.counterpoint.core.model.BaseModel} and the layers it is made of. */
@NullMarked
package dev.counterpoint.core.model;

import org.jspecify.annotations.NullMarked;
