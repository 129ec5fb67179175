/** Learning-rate schedules: each one function from step to rate. */
@NullMarked
package dev.counterpoint.core.schedule;

import org.jspecify.annotations.NullMarked;
