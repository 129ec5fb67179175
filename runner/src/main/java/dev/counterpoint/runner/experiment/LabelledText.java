package dev.counterpoint.runner.experiment;

/** A text and the label a model shall give it. */
record LabelledText(String text, String label) {}
