/** How a record of settings refuses impossible values. */
@NullMarked
package dev.counterpoint.core.settings;

import org.jspecify.annotations.NullMarked;
