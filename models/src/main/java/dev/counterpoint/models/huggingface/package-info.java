/** Pretrained models: folders as the transformers library writes and reads them. */
@NullMarked
package dev.counterpoint.models.huggingface;

import org.jspecify.annotations.NullMarked;
