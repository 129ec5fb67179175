package dev.counterpoint.runner.machine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Result of the {@code doctor} command: facts about this machine, a self-check of the engine, and
 * problems.
 *
 * @param java the version of the JVM
 * @param javaHome the folder of the JVM
 * @param cache the folder into which native libraries are unpacked
 * @param process what this process takes from its environment
 * @param engine facts about the engine; null if it does not start
 * @param selfCheck the self-check of the engine; null if it does not start
 * @param gigaflopsPerSecond the speed of float32 matmuls on the default device, in GFLOP/s; null if
 *     the engine does not start
 * @param bfloat16GigaflopsPerSecond the speed of bfloat16 matmuls, likewise
 * @param milliseconds how long each part took
 * @param problems the problems found, each with a remedy; empty if there are none
 */
public record DoctorReport(
    String java,
    String javaHome,
    Processor processor,
    Memory memory,
    Folder cache,
    ProcessSettings process,
    @Nullable EngineFacts engine,
    @Nullable SelfCheck selfCheck,
    @Nullable Double gigaflopsPerSecond,
    @Nullable Double bfloat16GigaflopsPerSecond,
    Milliseconds milliseconds,
    List<String> problems) {

  /**
   * The duration of each part in milliseconds. The engine starts while the facts are collected.
   *
   * @param toMain from the start of the JVM to the start of the examination
   * @param engine from the start of the examination until the engine has started
   * @param selfCheck the self-check, including the engine's first operations
   * @param speed the measurement of the matmul speed
   */
  public record Milliseconds(long toMain, long engine, long selfCheck, long speed) {}

  /**
   * Checks the machine.
   *
   * @param jvmStart the start time of the JVM, in milliseconds since 1970
   */
  public static DoctorReport run(long jvmStart) throws IOException {
    return new Examination(jvmStart).run();
  }

  /** A check in progress; parts that depend on a failed part are skipped. */
  private static final class Examination {
    private final List<String> problems = new ArrayList<>();
    private final long toMain;
    private long last = System.nanoTime();

    Examination(long jvmStart) {
      toMain = System.currentTimeMillis() - jvmStart;
    }

    DoctorReport run() throws IOException {
      EngineStart start = EngineStart.begin();
      Processor processor = Processor.read();
      Memory memory = Memory.read();
      Folder cache = Folder.at(Utils.getEngineCacheDir());
      ProcessSettings process = ProcessSettings.read(System.getenv(), cache, problems);
      Engine engine = await(start);
      long engineTime = lap();
      SelfCheck selfCheck = engine == null ? null : check(engine.defaultDevice());
      long checkTime = lap();
      MatmulSpeeds speed = engine == null ? null : MatmulSpeeds.measure(engine.defaultDevice());
      long speedTime = lap();
      return new DoctorReport(
          Runtime.version().toString(),
          System.getProperty("java.home"),
          processor,
          memory,
          cache,
          process,
          engine == null ? null : EngineFacts.of(engine),
          selfCheck,
          speed == null ? null : speed.float32(),
          speed == null ? null : speed.bfloat16(),
          new Milliseconds(toMain, engineTime, checkTime, speedTime),
          problems);
    }

    private @Nullable Engine await(EngineStart start) {
      try {
        return start.await();
      } catch (RunFailed | InvalidSettings failure) {
        problems.add(String.valueOf(failure.getMessage()));
        return null;
      }
    }

    private SelfCheck check(Device device) {
      SelfCheck check = SelfCheck.run(device);
      if (!check.agrees()) {
        problems.add(
            "the engine computes incorrect results ("
                + check
                + "); delete the cache folder, and if that does not help, try another machine");
      }
      return check;
    }

    private long lap() {
      long now = System.nanoTime();
      long milliseconds = Math.round((now - last) / 1e6);
      last = now;
      return milliseconds;
    }
  }
}
