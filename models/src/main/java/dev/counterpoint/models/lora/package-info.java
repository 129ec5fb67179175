/** LoRA: the settings, and their application to a model. */
@NullMarked
package dev.counterpoint.models.lora;

import org.jspecify.annotations.NullMarked;
