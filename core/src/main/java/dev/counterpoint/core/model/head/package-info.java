/** Output layers of models: the contract and built-in kinds. */
@NullMarked
package dev.counterpoint.core.model.head;

import org.jspecify.annotations.NullMarked;
