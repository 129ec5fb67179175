/** Where the items of a run come from. */
@NullMarked
package dev.counterpoint.core.data.source;

import org.jspecify.annotations.NullMarked;
