/** Initial values of all parameters of a model: the contract and built-in kinds. */
@NullMarked
package dev.counterpoint.core.model.initializer;

import org.jspecify.annotations.NullMarked;
