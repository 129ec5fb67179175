package dev.counterpoint.core.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Former name of something that saved files refer to: the deprecated run-file key of a renamed
 * record component, or the class name under which checkpoints contain the state of a renamed
 * callback.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface FormerName {
  /** The key, or the fully qualified class name, before the renaming. */
  String value();
}
