/** What is kept on this machine because it takes long to make or to fetch. */
@NullMarked
package dev.counterpoint.runner.cache;

import org.jspecify.annotations.NullMarked;
