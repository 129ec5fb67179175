package dev.counterpoint.core.kernel;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Default log level of DJL, so that its start-up messages (platform, threads, graph executor) are
 * not printed.
 *
 * <p>DJL logs through SLF4J. Without configuration, the providers {@code slf4j-simple} and {@code
 * slf4j-jdk14} print messages from level INFO on. For these two, {@link #quiet} sets the level of
 * the logger {@code ai.djl} to WARN, and that of {@code CudaUtils} to ERROR, because it warns on
 * every machine with a CUDA runtime but without a matching driver, even if libtorch is built for
 * the CPU.
 *
 * <p>A logging configuration of the application takes precedence: nothing is changed if there is a
 * {@code simplelogger.properties} on the class path, a system property for the default level or for
 * {@code ai.djl}, or a configuration of {@code java.util.logging}. Other providers, such as Logback
 * and Log4j, are never changed; set the level of {@code ai.djl} in their configuration.
 */
final class EngineLogging {
  private static final String SIMPLE_LOGGER = "org.slf4j.simpleLogger.";
  private static final String DJL = "ai.djl";
  private static final String CUDA = "ai.djl.util.cuda.CudaUtils";

  // Referenced here because java.util.logging drops an unreferenced logger together with its level.
  private static final Logger DJL_LOGGER = Logger.getLogger(DJL);
  private static final Logger CUDA_LOGGER = Logger.getLogger(CUDA);

  private EngineLogging() {}

  /**
   * Sets the default levels. Has an effect only before the first class of DJL that logs is loaded.
   */
  static void quiet() {
    if (!isSimpleLoggerConfigured()) {
      System.setProperty(SIMPLE_LOGGER + "log." + DJL, "warn");
      System.setProperty(SIMPLE_LOGGER + "log." + CUDA, "error");
    }
    if (!isJavaLoggingConfigured()) {
      DJL_LOGGER.setLevel(Level.WARNING);
      CUDA_LOGGER.setLevel(Level.SEVERE);
    }
  }

  private static boolean isSimpleLoggerConfigured() {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    String file = "simplelogger.properties";
    return (loader == null ? ClassLoader.getSystemResource(file) : loader.getResource(file)) != null
        || System.getProperty(SIMPLE_LOGGER + "defaultLogLevel") != null
        || System.getProperty(SIMPLE_LOGGER + "log." + DJL) != null;
  }

  private static boolean isJavaLoggingConfigured() {
    return System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null
        || DJL_LOGGER.getLevel() != null
        || CUDA_LOGGER.getLevel() != null;
  }
}
