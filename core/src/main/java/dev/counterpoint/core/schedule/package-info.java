/** Learning-rate schedules: functions from step to learning rate. */
@NullMarked
package dev.counterpoint.core.schedule;

import org.jspecify.annotations.NullMarked;
