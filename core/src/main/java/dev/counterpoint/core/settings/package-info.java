/** Validation of settings records. */
@NullMarked
package dev.counterpoint.core.settings;

import org.jspecify.annotations.NullMarked;
