/**
 * Binds run files to records and writes them back. Nothing here depends on a particular setting:
 * the records declare the keys, and {@link dev.counterpoint.inference.internal.config.Catalog}
 * lists the short names that a file may use as {@code type}.
 *
 * <p>A {@link dev.counterpoint.inference.internal.config.SettingsTree} is the parsed file, a {@link
 * dev.counterpoint.inference.internal.config.Binder} creates records from it, and {@link
 * dev.counterpoint.inference.internal.code.SourcePath} loads user-defined classes.
 */
@NullMarked
package dev.counterpoint.inference.internal.config;

import org.jspecify.annotations.NullMarked;
