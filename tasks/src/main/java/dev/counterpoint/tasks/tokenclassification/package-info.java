/** Token classification, such as named-entity recognition: one tag per word. */
@NullMarked
package dev.counterpoint.tasks.tokenclassification;

import org.jspecify.annotations.NullMarked;
