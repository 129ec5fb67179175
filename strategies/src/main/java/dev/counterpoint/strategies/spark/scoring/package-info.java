/** Prediction of tables as a job of Apache Spark, one task per file. */
@NullMarked
package dev.counterpoint.strategies.spark.scoring;

import org.jspecify.annotations.NullMarked;
