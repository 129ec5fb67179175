package dev.counterpoint.runner;

import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.PRIVATE;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.training.Collective;
import java.util.List;
import java.util.stream.Stream;

/** The arrows between modules and packages, and what may be extended. */
@AnalyzeClasses(packages = "dev.counterpoint", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String CORE = "dev.counterpoint.core..";
  private static final String MODELS = "dev.counterpoint.models..";
  private static final String STRATEGIES = "dev.counterpoint.strategies..";
  private static final String SPARK = "dev.counterpoint.runner.spark";
  private static final String RUNNER = "dev.counterpoint.runner..";

  @ArchTest
  static final ArchRule CORE_KNOWS_NO_OTHER_MODULE =
      noClasses()
          .that()
          .resideInAPackage(CORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(MODELS, STRATEGIES, RUNNER);

  /** Strategies exchange arrays between processes; core sums single numbers only. */
  @ArchTest
  static final ArchRule CORE_REDUCES_NO_ARRAYS_OVER_PROCESSES =
      noClasses()
          .that()
          .resideInAPackage(CORE)
          .and()
          .areNotAssignableTo(Collective.class)
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "arrays are reduced",
                  call ->
                      call.getTargetOwner().isAssignableTo(Collective.class)
                          && call.getTarget().getName().equals("allReduce")
                          && !call.getTarget()
                              .getRawParameterTypes()
                              .get(0)
                              .isEquivalentTo(double[].class)));

  @ArchTest
  static final ArchRule MODELS_KNOW_ONLY_CORE =
      noClasses()
          .that()
          .resideInAPackage(MODELS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(STRATEGIES, RUNNER);

  @ArchTest
  static final ArchRule STRATEGIES_KNOW_ONLY_CORE =
      noClasses()
          .that()
          .resideInAPackage(STRATEGIES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(MODELS, RUNNER);

  @ArchTest
  static final ArchRule ONLY_THE_RUNNER_KNOWS_GUICE_PICOCLI_AND_YAML =
      noClasses()
          .that()
          .resideOutsideOfPackage(RUNNER)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "com.google.inject..",
              "jakarta.inject..",
              "picocli..",
              "com.fasterxml.jackson.dataformat..",
              "org.yaml..");

  @ArchTest
  static final ArchRule SPARK_IS_KNOWN_IN_ONE_PACKAGE =
      noClasses()
          .that()
          .resideOutsideOfPackage(SPARK)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "scala..");

  /** Nothing else is on the class path of Spark's processes. */
  @ArchTest
  static final ArchRule WHAT_RUNS_IN_SPARK_KNOWS_NOTHING_ELSE =
      classes()
          .that()
          .resideInAPackage(SPARK)
          .and()
          .doNotHaveSimpleName("SparkSubmission") // runs in the command line
          .should()
          .onlyDependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage(
                      SPARK,
                      "java..",
                      "javax.crypto..",
                      "org.apache.spark..",
                      "org.apache.hadoop..",
                      "scala..",
                      "org.jspecify..")
                  .or(JavaClass.Predicates.type(OwnCommand.class))); // needs nothing itself

  @ArchTest
  static final ArchRule CORE_HAS_NO_PACKAGE_CYCLE =
      slices().matching("dev.counterpoint.core.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule THE_RUNNER_HAS_NO_PACKAGE_CYCLE =
      slices().matching("dev.counterpoint.runner.(**)").should().beFreeOfCycles();

  /** What Java brings into the pass must live until it is gone back. */
  @ArchTest
  static final ArchRule A_RECORDED_PASS_IS_IN_A_FORWARD_SCOPE =
      classes()
          .that()
          .resideOutsideOfPackage("..runner.bench") // the bare loop brings in nothing
          .and(
              DescribedPredicate.describe(
                  "record a pass", type -> calls(type, Torch.class, "recordGradients")))
          .should(
              ArchCondition.from(
                  DescribedPredicate.describe(
                      "hold a ForwardScope", type -> calls(type, ForwardScope.class, "<init>"))));

  private static boolean calls(JavaClass type, Class<?> owner, String name) {
    return type.getCodeUnitCallsFromSelf().stream()
        .anyMatch(
            call ->
                call.getTargetOwner().isEquivalentTo(owner)
                    && call.getTarget().getName().equals(name));
  }

  @ArchTest
  static final ArchRule EVERY_CLASS_IS_ABSTRACT_OR_FINAL =
      classes()
          .that()
          .areNotInterfaces()
          .and()
          .areNotEnums()
          .and()
          .areNotAnonymousClasses()
          .should()
          .haveModifier(ABSTRACT)
          .orShould()
          .haveModifier(FINAL);

  @ArchTest
  static void createOptimizerIsTheOneMethodWithABodyThatASubclassMayReplace(JavaClasses all) {
    assertThat(all.stream().filter(EXTENDABLE).flatMap(ArchitectureTest::replaceable))
        .extracting(JavaMethod::getFullName)
        .singleElement()
        .asString()
        .startsWith("dev.counterpoint.core.model.BaseModel.createOptimizer(");
  }

  /** Abstract classes; the bodies of an enum's constants are its own affair. */
  private static final DescribedPredicate<JavaClass> EXTENDABLE =
      DescribedPredicate.describe(
          "extendable",
          type -> !type.isInterface() && !type.isEnum() && type.getModifiers().contains(ABSTRACT));

  private static Stream<JavaMethod> replaceable(JavaClass type) {
    return type.getMethods().stream()
        .filter(method -> !method.getName().contains("$"))
        .filter(
            method ->
                List.of(ABSTRACT, FINAL, PRIVATE, STATIC).stream()
                    .noneMatch(method.getModifiers()::contains));
  }
}
