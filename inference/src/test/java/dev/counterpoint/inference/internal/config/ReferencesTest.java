package dev.counterpoint.inference.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** References in the values of a run file, and literal secrets. */
final class ReferencesTest {
  record Values(Map<String, String> values) {}

  private final Binder binder = new Binder(List.of(), SourcePath.none(), Path::of);

  private Map<String, String> bind(String yaml) {
    return binder
        .bind(SettingsTree.load("run.yaml", "values: " + yaml, List.of()), Values.class)
        .values();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "password",
        "sslpassword",
        "dbPassword",
        "db_password",
        "DB-PASSWORD",
        "secret",
        "clientSecret",
        "token",
        "hubToken",
        "access_token",
        "apiKey",
        "api-key",
        "APIKey",
        "accessKey",
        "privateKey",
        "credential",
        "credentials",
        "passphrase",
        "secretAccessKey"
      })
  void literalSecretIsRefused(String key) {
    assertThatThrownBy(() -> bind("{" + key + ": abcdefgh}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("values." + key)
        .hasMessageNotContaining("abcdefgh");
    assertThat(bind("{" + key + ": \"${ENV:PATH}\"}")).containsEntry(key, System.getenv("PATH"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tokenizer",
        "tokenTypes",
        "maxTokens",
        "tokens",
        "padToken",
        "unkToken",
        "passwordFile",
        "tokenPath",
        "key",
        "secretary",
        "tokenLength",
        "keyColumn"
      })
  void otherKeysHaveLiteralValues(String key) {
    assertThat(bind("{" + key + ": abcdefgh}")).containsEntry(key, "abcdefgh");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hunter2",
        "hunter2: x: y",
        "[hunter2",
        "@hunter2",
        "!hunter2 x",
        "*hunter2",
        "'hunter2",
        "\n    \"hunter2"
      })
  void aMalformedFileWithASecretIsNotPrinted(String value) {
    assertThatThrownBy(() -> bind("\n  dbPassword: " + value))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void aSecretInANormalizedPathIsMasked() {
    Secrets.hide("/data//S3cr3t/./part", "${ENV:DATA}");

    assertThat(Secrets.mask(Path.of("/data//S3cr3t/./part/train.tsv").normalize().toString()))
        .isEqualTo("${ENV:DATA}/train.tsv");
  }

  @Test
  void theRestOfASecretInAPathIsMasked() {
    Secrets.hide("redis://:pw4redis@host9:6379/0/", "${ENV:REDIS}");
    String path = Path.of("/runs", "redis://:pw4redis@host9:6379/0/", "..").normalize().toString();

    assertThat(Secrets.mask(path)).doesNotContain("pw4redis", "host9").startsWith("/runs/");
    assertThat(Secrets.mask(Path.of("redis://:pw4redis@host9:6379/0/", "a").toString()))
        .isEqualTo("***a");
  }

  @Test
  void aSecretThatOverlapsAnotherIsMasked() {
    Secrets.hide("4-v4lue-l0nger-th4n-the-0ther-s3cr", "${file:known}");
    Secrets.hide("s3cr3t-w0rd", "${ENV:UNKNOWN}");

    assertThat(Secrets.mask("(4-v4lue-l0nger-th4n-the-0ther-s3cr3t-w0rd)")).isEqualTo("(***)");
  }

  @Test
  void thePathOfAFileIsMaskedOnlyAsAWhole(@TempDir Path folder) {
    Secrets.hide(folder.toString(), "${ENV:FOLDER}");

    assertThat(Secrets.mask(folder.resolve("a") + " " + folder.resolveSibling("other")))
        .isEqualTo("${ENV:FOLDER}/a " + folder.resolveSibling("other"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"${ENV:PATH}/..", "a/../${ENV:PATH}", "${ENV:PATH}../b"})
  void aFolderAboveAReferenceIsRefused(String value) {
    assertThatThrownBy(() -> bind("{path: \"" + value + "\"}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("values.path");
  }

  @Test
  void aLongSecretIsMaskedBeforeATextIsCut() {
    String secret = "abcdefghijklmnopqrstuvwxyz-0123456789".repeat(4);
    Secrets.hide(secret, "${ENV:LONG}");

    assertThat(Excerpt.of("WHERE key = '" + secret + "' AND true"))
        .isEqualTo("WHERE key = '${ENV:LONG}' AND true");
    assertThat(Secrets.mask("cut: " + secret.substring(0, 60) + "...")).isEqualTo("cut: ***...");
  }

  @Test
  void bindingLiteralsResolvesNoReference() {
    SettingsTree tree =
        SettingsTree.load("config.json", "values: {label: \"${ENV:PATH}\"}", List.of());

    assertThat(binder.bindLiterals(tree, Values.class).values())
        .containsEntry("label", "${ENV:PATH}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "0.5", "true"})
  void numbersAreNotSecret(String value) {
    assertThat(bind("{token: " + value + "}")).containsEntry("token", value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{a: xy}", "{a: {b: [xy]}}", "[xy]", "{xy}", "{xy: {}}", "xy", "{xy"})
  void secretOfAnyShapeIsNeverPrinted(String value) {
    assertThatThrownBy(
            () ->
                binder.bind(
                    SettingsTree.load(
                        "run.yaml", "values: {}", List.of("values.password=" + value)),
                    Values.class))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("values.password")
        .hasMessageNotContaining("xy");
  }

  @Test
  void secretInAMappingIsNotPrintedAsTheOption() {
    assertThatThrownBy(
            () -> SettingsTree.load("run.yaml", "values: 3", List.of("values.a={password: xy")))
        .hasMessageContaining("--set values.a")
        .hasMessageNotContaining("xy");
  }

  @ParameterizedTest
  @CsvSource({
    "${ENV:NO_SUCH_VARIABLE_X}, NO_SUCH_VARIABLE_X",
    "${file:/no/such/file}, /no/such/file",
    "${file:/dev/zero}, /dev/zero",
    "${env:PATH}, ${env:",
    "hf:someone/${ENV:PATH}, hub",
    "h${file:/dev/null}f:someone/${ENV:PATH}, hub"
  })
  void invalidReferenceIsNamed(String value, String named) {
    assertThatThrownBy(() -> bind("{a: \"" + value + "\"}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("values.a")
        .hasMessageContaining(named);
  }

  @Test
  void aLargeFileIsNamed(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("large"), "x".repeat(70_000));

    assertThatThrownBy(() -> bind("{a: \"${file:" + file + "}\"}"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("more than 65536 bytes");
  }

  @Test
  void valuesAreWrittenAsReferences() {
    String yaml = "{a: \"x ${ENV:PATH} y\", b: plain}";
    Map<String, String> bound = bind(yaml);

    assertThat(bound).containsEntry("a", "x " + System.getenv("PATH") + " y");
    assertThat(binder.toTree(new Values(bound)).at("/values/a").asText())
        .isEqualTo("x ${ENV:PATH} y");
    assertThat(binder.toTree(new Values(bound)).at("/values/b").asText()).isEqualTo("plain");
  }
}
