package dev.counterpoint.runner.machine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found on this machine: facts, whether the engine computes rightly, and what is wrong.
 *
 * @param java the version of the JVM
 * @param javaHome its folder
 * @param cache where native libraries are unpacked
 * @param gigaflopsPerSecond of float32 matrix products, on the first device
 * @param bfloat16GigaflopsPerSecond likewise of bfloat16 ones
 * @param problems each with what to do; empty where all is well
 */
public record DoctorReport(
    String java,
    String javaHome,
    Processor processor,
    Memory memory,
    Folder cache,
    @Nullable EngineFacts engine,
    @Nullable SelfCheck selfCheck,
    @Nullable Double gigaflopsPerSecond,
    @Nullable Double bfloat16GigaflopsPerSecond,
    Milliseconds milliseconds,
    List<String> problems) {

  /**
   * Where the time went. The engine starts beside the reading of the facts.
   *
   * @param toMain from the start of the JVM to this examination
   * @param engine from there until the engine had started
   * @param selfCheck first operations included
   */
  public record Milliseconds(long toMain, long engine, long selfCheck, long speed) {}

  /**
   * Looks at everything.
   *
   * @param jvmStart when the JVM started, in milliseconds since 1970
   */
  public static DoctorReport run(long jvmStart) throws IOException {
    return new Attempt(jvmStart).examine();
  }

  /** One examination while it goes on: a problem found early ends what hangs on it. */
  private static final class Attempt {
    private final List<String> problems = new ArrayList<>();
    private final long toMain;
    private long last = System.nanoTime();

    Attempt(long jvmStart) {
      toMain = System.currentTimeMillis() - jvmStart;
    }

    DoctorReport examine() throws IOException {
      EngineStart start = EngineStart.begin();
      Processor processor = Processor.read();
      Memory memory = Memory.read();
      Folder cache = Folder.at(Utils.getEngineCacheDir());
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
      } catch (RunFailed failure) {
        problems.add(String.valueOf(failure.getMessage()));
        return null;
      }
    }

    private SelfCheck check(Device device) {
      SelfCheck check = SelfCheck.run(device);
      if (!check.agrees()) {
        problems.add(
            "the engine computes wrongly ("
                + check
                + "); delete the cache folder, and try another machine if that does not help");
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
