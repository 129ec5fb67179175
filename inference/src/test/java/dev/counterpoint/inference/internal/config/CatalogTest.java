package dev.counterpoint.inference.internal.config;

import static dev.counterpoint.inference.internal.config.BinderTest.assertRejected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Sample.Rate;
import dev.counterpoint.inference.internal.config.Sample.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CatalogTest {
  private static final String HERE = CatalogTest.class.getName();

  @ParameterizedTest
  @CsvSource({"$Halved", ".Halved"})
  void findsARecordByClassName(String nested) {
    assertThat(bind(HERE + nested)).isEqualTo(new Halved(0.5));
  }

  @Test
  void findsTheRecordNestedInAClass() {
    assertThat(bind(HERE + "$Owner")).isEqualTo(new Owner.Config(3));
  }

  @Test
  void classNameIsAcceptedInShortForm() {
    SettingsTree tree = SettingsTree.load("run.yaml", "rate: " + HERE + "$Owner", List.of());

    assertThat(Sample.binder().bind(tree, Holder.class).rate()).isEqualTo(new Owner.Config(3));
  }

  @Test
  void nameOfReturnsANameThatFindResolves() {
    assertThat(Sample.RATES.nameOf(Sample.Linear.class)).isEqualTo("linear");
    assertThat(Sample.RATES.nameOf(Owner.Config.class)).isEqualTo(HERE + "$Owner");
    assertThat(Sample.RATES.nameOf(Halved.class)).isEqualTo(HERE + "$Halved");
    assertThat(Sample.RATES.nameOf(Several.Two.class)).isEqualTo(HERE + "$Several$Two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "com.acme.Gone|is unknown & --classpath & constant, linear, or a class name",
        "Linear|is unknown & --classpath & did you mean \"linear\"?"
            + " & constant, linear, or a class name",
        "java.lang.String|is a class & dev.counterpoint.inference.internal.config.Sample$Rate",
        "java.util.AbstractList|is an abstract class"
            + " & dev.counterpoint.inference.internal.config.Sample$Rate",
        "dev.counterpoint.inference.internal.config.Sample$Adam|is a record"
            + " & dev.counterpoint.inference.internal.config.Sample$Rate",
        "dev.counterpoint.inference.internal.config.Sample$Rate|is an interface & implements Rate & record",
        "dev.counterpoint.inference.internal.config.CatalogTest$NoRecord|is a class & implements Rate"
            + " & record",
        "dev.counterpoint.inference.internal.config.CatalogTest$Hidden|is not public & public record Hidden",
        "dev.counterpoint.inference.internal.config.CatalogTest$HiddenWithin|is not public"
            + " & public record Config",
        "dev.counterpoint.inference.internal.config.CatalogTest$Typed|has a component named type",
        "dev.counterpoint.inference.internal.config.CatalogTest$Several|contains several records & Rate"
            + " & dev.counterpoint.inference.internal.config.CatalogTest$Several$One,"
            + " dev.counterpoint.inference.internal.config.CatalogTest$Several$Two"
      })
  void unusableClassIsRejected(String type, String fragments) {
    assertRejected(
        () -> bind(type), "run.yaml: type \"" + type + "\" " + fragments + " & (line 1)");
  }

  @Test
  void invalidClassNameIsRejected() {
    for (String name : List.of("'[I'", "a/b", "''", "'a b'", "'..'", "'a.'", "int", "'\\0'")) {
      assertThatThrownBy(() -> bind(name)).hasMessageContaining("is unknown");
    }
  }

  @Test
  void failingDefaultsMethodIsReported() {
    assertRejected(
        () -> bind(HERE + "$FailingDefaults"),
        "run.yaml: & defaults() & java.lang.IllegalStateException: none");
  }

  @Test
  void withRejectsDuplicateNamesAndClassesThatAreNotRecords() {
    assertThatThrownBy(() -> Catalog.of(Rate.class).with("no", NoRecord.class))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Sample.RATES.with("linear", Halved.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("linear");
  }

  @Test
  void namesKeepTheirOrder() {
    assertThat(Sample.RULES.names()).containsExactly("adam", "adamw", "sgd");
    assertThat(Sample.RULES.contract()).isEqualTo(Rule.class);
  }

  private static Rate bind(String type) {
    return Sample.binder()
        .bind(SettingsTree.load("run.yaml", "type: " + type, List.of()), Rate.class);
  }

  public record Holder(Rate rate) {}

  public record Halved(double by) implements Rate {
    public static Halved defaults() {
      return new Halved(0.5);
    }
  }

  public static final class Owner {
    public record Config(int size) implements Rate {
      public static Config defaults() {
        return new Config(3);
      }
    }
  }

  public static final class Several {
    public record One() implements Rate {}

    public record Two() implements Rate {}
  }

  public static final class HiddenWithin {
    record Config() implements Rate {}
  }

  public static final class NoRecord implements Rate {}

  record Hidden() implements Rate {}

  public record Typed(String type) implements Rate {}

  public record FailingDefaults(int size) implements Rate {
    public static FailingDefaults defaults() {
      throw new IllegalStateException("none");
    }
  }

  @Test
  void classIsNotInitializedBeforeItsContractIsChecked(@TempDir Path folder) throws IOException {
    Path mark = folder.resolve("ran");
    Path source = folder.resolve("A.java");
    Files.writeString(
        source,
        "public record A() { static { new java.io.File(\"%s\").mkdir(); } }".formatted(mark));
    Catalog<Runnable> catalog = Catalog.of(Runnable.class);

    assertThatThrownBy(() -> catalog.find("A", SourcePath.open(List.of(source))))
        .isInstanceOf(InvalidSettings.class);
    assertThat(mark).doesNotExist();
  }
}
