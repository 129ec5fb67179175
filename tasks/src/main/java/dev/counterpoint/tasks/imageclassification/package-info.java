/** Image classification: IDX files and folders of PNG and JPEG images. */
@NullMarked
package dev.counterpoint.tasks.imageclassification;

import org.jspecify.annotations.NullMarked;
