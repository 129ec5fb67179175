package dev.counterpoint.core.callback;

/**
 * Settings of a callback: an entry of {@code callbacks:} in a run file. An implementation is a
 * record.
 */
@FunctionalInterface
public interface CallbackConfig {
  /** Builds the callback at the start of a run. */
  Callback build(CallbackContext context);

  /**
   * Settings of a callback that only reports: it neither stops a training nor selects its result,
   * so that {@code compare} ignores a built-in one.
   */
  interface OnlyReports extends CallbackConfig {}

  /**
   * Settings of a callback that sends results to a server. A training that repeats another one, as
   * for {@code reproduce}, does not have it.
   */
  interface ReportsToServer extends OnlyReports {}

  /** Settings of a callback that monitors one validation metric. */
  interface MonitorsMetric extends CallbackConfig {
    /** The name of the metric, which is checked before the data is opened if it is known then. */
    String metric();
  }
}
