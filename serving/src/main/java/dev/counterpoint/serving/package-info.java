/** Serving of trained models: {@link dev.counterpoint.serving.ProductionModelService}. */
@NullMarked
package dev.counterpoint.serving;

import org.jspecify.annotations.NullMarked;
