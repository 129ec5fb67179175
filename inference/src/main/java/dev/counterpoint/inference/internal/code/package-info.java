/** User-defined code: jars, class folders and source files, and which of them may run. */
@NullMarked
package dev.counterpoint.inference.internal.code;

import org.jspecify.annotations.NullMarked;
