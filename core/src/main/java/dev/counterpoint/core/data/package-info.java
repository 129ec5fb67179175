/** Data: which items make a step, and how they become one native batch. */
@NullMarked
package dev.counterpoint.core.data;

import org.jspecify.annotations.NullMarked;
