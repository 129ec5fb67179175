/** Language modeling: documents packed into token sequences of equal length. */
@NullMarked
package dev.counterpoint.tasks.textgeneration;

import org.jspecify.annotations.NullMarked;
