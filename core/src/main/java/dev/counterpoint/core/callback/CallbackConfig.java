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
   * Settings of a callback that only reports: it neither stops a run nor selects its result, so
   * that {@code compare} ignores built-in ones.
   */
  interface OnlyReports extends CallbackConfig {}

  /**
   * Settings of a callback that sends results to a server. It is omitted when a command such as
   * {@code reproduce} or {@code plan} trains.
   */
  interface ReportsToServer extends OnlyReports {}

  /** Settings of a callback that monitors one validation metric. */
  interface MonitorsMetric extends CallbackConfig {
    /** The name of the metric, checked before the data is opened if the names are known. */
    String metric();
  }
}
