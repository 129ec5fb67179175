/** Masked language modeling: the pre-training task of BERT (Devlin et al. 2019). */
@NullMarked
package dev.counterpoint.tasks.maskedlanguagemodel;

import org.jspecify.annotations.NullMarked;
