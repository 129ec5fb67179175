/** Small updates that are trained beside a model that stays as it is, in PEFT's files. */
@NullMarked
package dev.counterpoint.core.adapter;

import org.jspecify.annotations.NullMarked;
