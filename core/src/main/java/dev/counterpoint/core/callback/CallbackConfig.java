package dev.counterpoint.core.callback;

/**
 * The settings of a callback: an entry of {@code callbacks:} in a run file. An implementation is a
 * record.
 */
@FunctionalInterface
public interface CallbackConfig {
  Callback build(CallbackContext context);
}
