package dev.counterpoint.core.training;

/** The numbers that matrix products are made in. */
public enum Precision {
  FLOAT32
}
