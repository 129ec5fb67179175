/** Creates folders of new experiments, with copies of built-in parts as source files. */
@NullMarked
package dev.counterpoint.runner.scaffold;

import org.jspecify.annotations.NullMarked;
