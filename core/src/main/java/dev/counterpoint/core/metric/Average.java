package dev.counterpoint.core.metric;

/** How values of single classes become one value, as in scikit-learn. */
public enum Average {
  /** The mean over the classes that occur in the labels or the predictions. */
  MACRO,

  /** The value of the sums over all classes of correct, predicted and actual labels. */
  MICRO,

  /** The mean over the classes, weighted by how often each occurs in the labels. */
  WEIGHTED,

  /** The macro average, and the value of each class. */
  PER_CLASS
}
