package dev.counterpoint.runner.experiment;

/** A text with its label. */
record LabelledText(String text, String label) {}
