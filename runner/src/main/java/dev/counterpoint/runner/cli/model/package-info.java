/** The commands that use a trained model. */
@NullMarked
package dev.counterpoint.runner.cli.model;

import org.jspecify.annotations.NullMarked;
