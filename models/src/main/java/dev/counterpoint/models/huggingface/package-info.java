/** Pretrained models in the folder format of Hugging Face Transformers. */
@NullMarked
package dev.counterpoint.models.huggingface;

import org.jspecify.annotations.NullMarked;
