/** Opens trained models: the {@code model/} folder, its settings and its weights. */
@NullMarked
package dev.counterpoint.inference;

import org.jspecify.annotations.NullMarked;
