/** Classifiers of images, trained from scratch. */
@NullMarked
package dev.counterpoint.models.image;

import org.jspecify.annotations.NullMarked;
