package dev.counterpoint.runner;

import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.BRIDGE;
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
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.strategies.internal.rendezvous.RendezvousClient;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Architecture rules: dependencies between modules and packages, and extendable classes. */
@AnalyzeClasses(packages = "dev.counterpoint", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String CORE = "dev.counterpoint.core..";
  private static final String TASKS = "dev.counterpoint.tasks..";
  private static final String MODELS = "dev.counterpoint.models..";
  private static final String INFERENCE = "dev.counterpoint.inference..";
  private static final String SERVING = "dev.counterpoint.serving..";
  private static final String STRATEGIES = "dev.counterpoint.strategies..";
  private static final String SPARK = "dev.counterpoint.strategies.spark..";
  private static final String LAUNCH = "dev.counterpoint.strategies.launch";
  private static final String NETWORK = "dev.counterpoint.strategies.internal.network";
  private static final String RENDEZVOUS = "dev.counterpoint.strategies.internal.rendezvous";
  private static final String RUNNER = "dev.counterpoint.runner..";

  @ArchTest
  static final ArchRule CORE_DEPENDS_ON_NO_OTHER_MODULE =
      mayNotDependOn(CORE, TASKS, MODELS, INFERENCE, SERVING, STRATEGIES, RUNNER);

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
  static final ArchRule TASKS_DEPEND_ONLY_ON_CORE =
      mayNotDependOn(TASKS, MODELS, INFERENCE, SERVING, STRATEGIES, RUNNER);

  @ArchTest
  static final ArchRule MODELS_DEPEND_ONLY_ON_CORE =
      mayNotDependOn(MODELS, TASKS, INFERENCE, SERVING, STRATEGIES, RUNNER);

  @ArchTest
  static final ArchRule INFERENCE_DEPENDS_ON_TASKS_AND_MODELS =
      mayNotDependOn(INFERENCE, SERVING, STRATEGIES, RUNNER);

  @ArchTest
  static final ArchRule SERVING_DEPENDS_ON_INFERENCE = mayNotDependOn(SERVING, STRATEGIES, RUNNER);

  @ArchTest
  static final ArchRule ONLY_THE_HTTP_PACKAGE_DEPENDS_ON_ARMERIA =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.counterpoint.serving.http")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.linecorp.armeria..", "io.netty..");

  @ArchTest
  static final ArchRule STRATEGIES_DEPEND_ONLY_ON_CORE =
      mayNotDependOn(STRATEGIES, TASKS, MODELS, INFERENCE, SERVING, RUNNER);

  @ArchTest
  static final ArchRule ONLY_THE_RUNNER_DEPENDS_ON_GUICE_AND_PICOCLI =
      noClasses()
          .that()
          .resideOutsideOfPackage(RUNNER)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.inject..", "jakarta.inject..", "picocli..");

  @ArchTest
  static final ArchRule ONLY_THE_CONFIG_PACKAGE_DEPENDS_ON_YAML =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.counterpoint.inference.internal.config")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.fasterxml.jackson.dataformat..", "org.yaml..");

  @ArchTest
  static final ArchRule ONLY_TASKS_DEPEND_ON_TOKENIZERS =
      noClasses()
          .that()
          .resideOutsideOfPackage(TASKS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.huggingface..");

  private static ArchRule mayNotDependOn(String module, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others);
  }

  @ArchTest
  static final ArchRule ONLY_THE_SPARK_PACKAGE_DEPENDS_ON_SPARK =
      noClasses()
          .that()
          .resideOutsideOfPackage(SPARK)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "scala..");

  /** In Spark's processes only the jar of this module, Spark and Hadoop are on the class path. */
  @ArchTest
  static final ArchRule SPARK_CLASSES_DEPEND_ONLY_ON_SPARK_AND_THE_LAUNCH_PACKAGES =
      classes()
          .that()
          .resideInAPackage(SPARK)
          .should()
          .onlyDependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage(
                  SPARK,
                  LAUNCH,
                  NETWORK,
                  RENDEZVOUS,
                  "java..",
                  "org.apache.spark..",
                  "org.apache.hadoop..",
                  "scala..",
                  "org.jspecify.."));

  /** They run in Spark's processes, too. */
  @ArchTest
  static final ArchRule THE_LAUNCH_PACKAGES_DEPEND_ONLY_ON_THE_JDK =
      classes()
          .that()
          .resideInAnyPackage(LAUNCH, NETWORK)
          .should()
          .onlyDependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage(
                  LAUNCH,
                  NETWORK,
                  "java..",
                  "javax.crypto..",
                  "javax.net.ssl..",
                  "org.jspecify.."));

  /** The server runs in Spark's processes, which have a Jackson; the client runs in a rank. */
  @ArchTest
  static final ArchRule THE_RENDEZVOUS_SERVER_DEPENDS_ONLY_ON_THE_JDK_AND_JACKSON =
      classes()
          .that()
          .resideInAPackage(RENDEZVOUS)
          .and()
          .doNotBelongToAnyOf(RendezvousClient.class)
          .should()
          .onlyDependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage(
                  RENDEZVOUS,
                  LAUNCH,
                  NETWORK,
                  "java..",
                  "com.fasterxml.jackson..",
                  "org.jspecify.."));

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("dev.counterpoint.(**)").should().beFreeOfCycles();

  @ArchTest
  static void noPackageHasMoreThanTwentySourceFiles(JavaClasses all) {
    Map<String, Long> files =
        all.stream()
            .filter(JavaClass::isTopLevelClass)
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    assertThat(files)
        .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(20));
  }

  /** Arrays created from Java during a recorded forward pass must live until the backward pass. */
  @ArchTest
  static final ArchRule A_RECORDED_PASS_IS_IN_A_FORWARD_SCOPE =
      classes()
          .that()
          .resideOutsideOfPackage("..runner.bench") // the bare loop creates no such arrays
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
  static void createOptimizerIsTheOnlyOverridableConcreteMethod(JavaClasses all) {
    assertThat(all.stream().filter(EXTENDABLE).flatMap(ArchitectureTest::overridable))
        .extracting(JavaMethod::getFullName)
        .singleElement()
        .asString()
        .startsWith("dev.counterpoint.core.model.BaseModel.createOptimizer(");
  }

  /** Abstract classes, except enums, whose constants may have bodies. */
  private static final DescribedPredicate<JavaClass> EXTENDABLE =
      DescribedPredicate.describe(
          "extendable",
          type -> !type.isInterface() && !type.isEnum() && type.getModifiers().contains(ABSTRACT));

  private static Stream<JavaMethod> overridable(JavaClass type) {
    return type.getMethods().stream()
        .filter(method -> !method.getName().contains("$"))
        .filter(
            method ->
                List.of(ABSTRACT, BRIDGE, FINAL, PRIVATE, STATIC).stream()
                    .noneMatch(method.getModifiers()::contains));
  }
}
