/** Features of entities from a store: {@link dev.counterpoint.serving.feature.FeatureStore}. */
@NullMarked
package dev.counterpoint.serving.feature;

import org.jspecify.annotations.NullMarked;
