/** BERT (Devlin et al. 2019) with the parameter names of Hugging Face. */
@NullMarked
package dev.counterpoint.models.bert;

import org.jspecify.annotations.NullMarked;
