/** GPT-2 (Radford et al. 2019) with the parameter names of Hugging Face. */
@NullMarked
package dev.counterpoint.models.gpt2;

import org.jspecify.annotations.NullMarked;
