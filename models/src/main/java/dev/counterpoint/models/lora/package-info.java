/** LoRA adapters in the file format of PEFT. */
@NullMarked
package dev.counterpoint.models.lora;

import org.jspecify.annotations.NullMarked;

