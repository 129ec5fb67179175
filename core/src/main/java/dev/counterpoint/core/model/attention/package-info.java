/** Attention layers: the contract and multi-head attention. */
@NullMarked
package dev.counterpoint.core.model.attention;

import org.jspecify.annotations.NullMarked;
