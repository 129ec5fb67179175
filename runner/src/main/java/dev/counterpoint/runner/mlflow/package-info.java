/** Reports runs to an MLflow tracking server. */
@NullMarked
package dev.counterpoint.runner.mlflow;

import org.jspecify.annotations.NullMarked;
