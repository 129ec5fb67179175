/** Models for tables: a multilayer perceptron and the FT-Transformer. */
@NullMarked
package dev.counterpoint.models.tabular;

import org.jspecify.annotations.NullMarked;
