/**
 * From a run file to records, and back. Nothing here knows any particular setting: the records do,
 * and {@link dev.counterpoint.runner.config.Catalog} lists the names of those that a file may
 * choose by {@code type}.
 *
 * <p>A {@link dev.counterpoint.runner.config.SettingsTree} is what was written, a {@link
 * dev.counterpoint.runner.config.Binder} makes records of it, and {@link
 * dev.counterpoint.runner.config.SourcePath} brings in the classes that are not built in.
 */
@NullMarked
package dev.counterpoint.runner.config;

import org.jspecify.annotations.NullMarked;
