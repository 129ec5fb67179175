package dev.counterpoint.runner.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.rundir.FlatSettings;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settings of a run that differ from their defaults. A setting has its default if its section binds
 * to the same record without it. References are not resolved.
 */
public final class ChangedSettings {
  private static final int MAX_SETTINGS = 1_000; // the section is bound once for each

  private final Binder binder;

  private ChangedSettings(Binder binder) {
    this.binder = binder;
  }

  /**
   * The settings of a recorded run that differ from their defaults, by dotted path. They may come
   * from anyone: classes of the user are not loaded, so that all settings of a section with such a
   * class count as changed.
   *
   * @param settings the resolved run file
   */
  public static Map<String, String> of(ObjectNode settings) {
    return of(settings, new Binder(Catalogs.all(), SourcePath.none()));
  }

  /** The changed settings, bound to the classes of a binder. */
  static Map<String, String> of(ObjectNode settings, Binder binder) {
    ObjectNode changed = settings.deepCopy();
    if (FlatSettings.of(settings).size() <= MAX_SETTINGS) {
      new ChangedSettings(binder).removeDefaults(changed);
    }
    return FlatSettings.of(changed);
  }

  private void removeDefaults(ObjectNode settings) {
    ObjectNode defaults = binder.toTree(RunFile.defaults());
    for (RecordComponent component : RunFile.class.getRecordComponents()) {
      String key = component.getName();
      JsonNode value = settings.path(key);
      boolean isDefault =
          value.isNumber() // which JSON has as int or long
              ? value.asText().equals(defaults.path(key).asText())
              : value.equals(defaults.path(key));
      if (isDefault) {
        settings.remove(key);
      } else if (value instanceof ArrayNode
          && component.getGenericType() instanceof ParameterizedType list
          && list.getActualTypeArguments()[0] instanceof Class<?> type) {
        value.forEach(each -> prune(each, type));
      } else {
        prune(value, component.getType());
      }
    }
  }

  private void prune(JsonNode value, Class<?> type) {
    if (value instanceof ObjectNode section) {
      bound(section, type).ifPresent(full -> prune(section, section, type, full));
    }
  }

  /** Removes the settings of a part without which its section binds to the same values. */
  private void prune(ObjectNode section, ObjectNode part, Class<?> type, ObjectNode full) {
    for (Map.Entry<String, JsonNode> setting : List.copyOf(part.properties())) {
      String key = setting.getKey();
      JsonNode value = part.remove(key);
      if (!bound(section, type).equals(Optional.of(full))) {
        part.set(key, value);
        if (value instanceof ObjectNode child) {
          prune(section, child, type, full);
        }
      }
    }
  }

  /** All settings of a section with their defaults; empty if they do not bind. */
  private Optional<ObjectNode> bound(ObjectNode section, Class<?> type) {
    try {
      SettingsTree tree = SettingsTree.ofJson("", section);
      return Optional.of(binder.toTree(binder.bindLiterals(tree, type)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
