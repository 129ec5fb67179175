package dev.counterpoint.models.huggingface.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on the hub.
 *
 * @param name as {@code gpt2} or {@code owner/model}
 * @param revision a branch, a tag or a commit
 */
record HubName(String name, String revision) {
  private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]*";
  private static final Pattern FORM =
      Pattern.compile("(" + PART + "(?:/" + PART + ")?)(?:@(" + PART + "(?:/" + PART + ")*))?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * What is asked for as {@code NAME} or {@code NAME@REVISION}.
   *
   * @throws InvalidSettings where it has neither form
   */
  static HubName parse(String asked) {
    Matcher parts = FORM.matcher(asked);
    if (!parts.matches()) {
      throw new InvalidSettings(
          "\"hf:"
              + asked
              + "\" names no model on the hub; the form is hf:NAME, hf:OWNER/NAME, or either with"
              + " @REVISION.");
    }
    return new HubName(parts.group(1), parts.group(2) == null ? "main" : parts.group(2));
  }

  HubName at(String commit) {
    return new HubName(name, commit);
  }

  /** Whether the revision is a commit, whose files never change. */
  boolean isCommit() {
    return COMMIT.matcher(revision).matches();
  }

  /** The name as that of a folder. */
  String folder() {
    return name.replace("/", "--");
  }

  /** The path of a file below the hub's address. */
  String path(String file) {
    return "/" + name + "/resolve/" + revision.replace("/", "%2F") + "/" + file;
  }

  @Override
  public String toString() {
    return "hf:" + name + (revision.equals("main") ? "" : "@" + revision);
  }
}
