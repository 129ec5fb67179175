package dev.counterpoint.inference.config;

import static dev.counterpoint.inference.config.BinderTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.inference.config.Sample.Rate;
import dev.counterpoint.inference.config.Sample.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CatalogTest {
  private static final String HERE = CatalogTest.class.getName();

  @ParameterizedTest
  @CsvSource({"$Halved", ".Halved"})
  void aRecordIsNamedByItsClass(String nested) {
    assertThat(bind(HERE + nested)).isEqualTo(new Halved(0.5));
  }

  @Test
  void aClassStandsForTheSettingsInIt() {
    assertThat(bind(HERE + "$Owner")).isEqualTo(new Owner.Config(3));
  }

  @Test
  void aClassNameMayBeWrittenShort() {
    SettingsTree tree = SettingsTree.load("run.yaml", "rate: " + HERE + "$Owner", List.of());

    assertThat(Sample.binder().bind(tree, Holder.class).rate()).isEqualTo(new Owner.Config(3));
  }

  @Test
  void classNamesAreWrittenSoThatTheyAreFoundAgain() {
    assertThat(Sample.RATES.nameOf(Sample.Linear.class)).isEqualTo("linear");
    assertThat(Sample.RATES.nameOf(Owner.Config.class)).isEqualTo(HERE + "$Owner");
    assertThat(Sample.RATES.nameOf(Halved.class)).isEqualTo(HERE + "$Halved");
    assertThat(Sample.RATES.nameOf(Several.Two.class)).isEqualTo(HERE + "$Several$Two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "com.acme.Gone|is unknown, and no such class is in the program; --classpath adds more. Known:"
            + " constant, linear, or a class name",
        "Linear|is unknown, and no such class is in the program; --classpath adds more; did you mean"
            + " \"linear\"? Known: constant, linear, or a class name",
        "java.lang.String|is a class, but a record that implements"
            + " dev.counterpoint.inference.config.Sample$Rate is wanted, or a class with such a public"
            + " record in it",
        "java.util.AbstractList|is an abstract class, but a record that implements"
            + " dev.counterpoint.inference.config.Sample$Rate is wanted, or a class with such a public"
            + " record in it",
        "dev.counterpoint.inference.config.Sample$Adam|is a record, but a record that implements"
            + " dev.counterpoint.inference.config.Sample$Rate is wanted, or a class with such a public"
            + " record in it",
        "dev.counterpoint.inference.config.Sample$Rate|is an interface that implements Rate, but only a"
            + " record of its settings can be made from a run file",
        "dev.counterpoint.inference.config.CatalogTest$NoRecord|is a class that implements Rate, but only"
            + " a record of its settings can be made from a run file",
        "dev.counterpoint.inference.config.CatalogTest$Hidden|is not public; write \"public record"
            + " Hidden\"",
        "dev.counterpoint.inference.config.CatalogTest$HiddenWithin|is not public; write \"public record"
            + " Config\"",
        "dev.counterpoint.inference.config.CatalogTest$Typed|has a component named type, which is the key"
            + " that names the class",
        "dev.counterpoint.inference.config.CatalogTest$Several|has several records that implement Rate;"
            + " name one of dev.counterpoint.inference.config.CatalogTest$Several$One,"
            + " dev.counterpoint.inference.config.CatalogTest$Several$Two"
      })
  void aClassThatCannotBeUsedIsRefused(String type, String message) {
    refused(() -> bind(type), "run.yaml: type \"" + type + "\" " + message + " (line 1)");
  }

  @Test
  void aNameThatIsNoClassIsRefused() {
    for (String name : List.of("'[I'", "a/b", "''", "'a b'", "'..'", "'a.'", "int", "'\\0'")) {
      assertThatThrownBy(() -> bind(name)).hasMessageContaining("is unknown");
    }
  }

  @Test
  void defaultsThatFailAreAProblem() {
    refused(
        () -> bind(HERE + "$Hopeless"),
        "run.yaml: has defaults() that fail: java.lang.IllegalStateException: none");
  }

  @Test
  void aCatalogHoldsRecordsOnlyAndEachNameOnce() {
    assertThatThrownBy(() -> Catalog.of(Rate.class).with("no", NoRecord.class))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Sample.RATES.with("linear", Halved.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There are two of the name linear.");
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

  public record Hopeless(int size) implements Rate {
    public static Hopeless defaults() {
      throw new IllegalStateException("none");
    }
  }
}
