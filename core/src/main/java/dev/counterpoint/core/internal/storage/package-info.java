/**
 * File-system operations that survive a crash: atomic writes, fsync, SHA-256, readable failure
 * messages.
 */
@NullMarked
package dev.counterpoint.core.internal.storage;

import org.jspecify.annotations.NullMarked;
