package dev.counterpoint.models.internal.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a model on the hub.
 *
 * @param name such as {@code gpt2} or {@code owner/model}
 * @param revision branch, tag or commit
 */
record HubName(String name, String revision) {
  private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]*";
  private static final Pattern FORM =
      Pattern.compile("(" + PART + "(?:/" + PART + ")?)(?:@(" + PART + "(?:/" + PART + ")*))?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * Parses {@code NAME} or {@code NAME@REVISION}.
   *
   * @throws InvalidSettings if the reference has another form
   */
  static HubName parse(String reference) {
    Matcher parts = FORM.matcher(reference);
    if (!parts.matches()) {
      throw new InvalidSettings(
          "\"hf:%s\" is not a valid model name; the form is hf:NAME or hf:OWNER/NAME, optionally with @REVISION.",
          reference);
    }
    return new HubName(parts.group(1), parts.group(2) == null ? "main" : parts.group(2));
  }

  HubName withRevision(String commit) {
    return new HubName(name, commit);
  }

  /** Whether the revision is a commit, whose files never change. */
  boolean isCommit() {
    return COMMIT.matcher(revision).matches();
  }

  /** The name as a folder name. */
  String folder() {
    return name.replace("/", "--");
  }

  /** The URL path of a file, relative to the hub. */
  String path(String file) {
    return "/" + name + "/resolve/" + revision.replace("/", "%2F") + "/" + file;
  }

  @Override
  public String toString() {
    return "hf:" + name + (revision.equals("main") ? "" : "@" + revision);
  }
}
