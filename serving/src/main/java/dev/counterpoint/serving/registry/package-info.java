/** Registry of models in a folder: versions, aliases and a journal. */
@NullMarked
package dev.counterpoint.serving.registry;

import org.jspecify.annotations.NullMarked;
