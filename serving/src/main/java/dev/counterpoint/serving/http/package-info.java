/** HTTP for {@link dev.counterpoint.serving.ProductionModelService}. */
@NullMarked
package dev.counterpoint.serving.http;

import org.jspecify.annotations.NullMarked;
