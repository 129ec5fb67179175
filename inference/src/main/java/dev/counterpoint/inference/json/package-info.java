/** Inputs and predictions of trained models as JSON objects. */
@NullMarked
package dev.counterpoint.inference.json;

import org.jspecify.annotations.NullMarked;
