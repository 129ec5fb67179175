package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import org.jspecify.annotations.Nullable;

/** Compiles {@code .java} files in memory. */
final class SourceCompiler {
  private static final List<String> OPTIONS =
      List.of("-parameters", "-proc:none", "-implicit:none", "-Xlint:none", "-g");

  private SourceCompiler() {}

  /**
   * Compiles all files together, or reads their classes from the cache. The compile class path is
   * {@code java.class.path} plus the given jars and folders; javac also follows the {@code
   * Class-Path} attribute of jars.
   *
   * @param entries the sources, and the jars and folders that they may use
   * @param compiler the system compiler; null if the Java runtime has none
   * @return the bytes of each class by binary name
   * @throws InvalidSettings if compilation fails, with each error as {@code Idea.java:12: message}
   */
  static Map<String, byte[]> compile(SourceEntries entries, @Nullable JavaCompiler compiler) {
    if (compiler == null) {
      throw new InvalidSettings(
          "Compiling %s requires a JDK, but the Java runtime in %s has no compiler.",
          entries.sources().keySet().iterator().next(), System.getProperty("java.home"));
    }
    Optional<ClassCache> cache =
        ClassCache.of(CacheFolder::path, entries.sources(), path(entries.classPath()));
    Optional<Map<String, byte[]>> cached = cache.flatMap(ClassCache::read);
    if (cached.isPresent()) {
      return cached.get();
    }
    Map<String, byte[]> classes = compileAgain(entries, compiler);
    cache.ifPresent(it -> it.write(classes));
    return classes;
  }

  private static Map<String, byte[]> compileAgain(SourceEntries entries, JavaCompiler compiler) {
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
            compiler.getStandardFileManager(diagnostics, Locale.ENGLISH, StandardCharsets.UTF_8);
        InMemoryFiles memory = new InMemoryFiles(files)) {
      files.setLocationFromPaths(StandardLocation.CLASS_PATH, path(entries.classPath()));
      boolean compiled =
          compiler
              .getTask(
                  null,
                  memory,
                  diagnostics,
                  OPTIONS,
                  null,
                  entries.sources().entrySet().stream()
                      .map(it -> new InMemorySource(it.getKey(), it.getValue()))
                      .toList())
              .call();
      if (!compiled) {
        throw new InvalidSettings(errors(diagnostics));
      }
      return memory.classes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The class path of the program and the given jars and folders. */
  private static List<Path> path(List<Path> classPath) {
    return Stream.concat(
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of),
            classPath.stream())
        .toList();
  }

  private static List<Problem> errors(DiagnosticCollector<JavaFileObject> diagnostics) {
    return diagnostics.getDiagnostics().stream()
        .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
        .map(SourceCompiler::error)
        .toList();
  }

  /** An error on one line; javac prints symbol and location on separate lines. */
  private static Problem error(Diagnostic<? extends JavaFileObject> diagnostic) {
    JavaFileObject source = diagnostic.getSource();
    String message = diagnostic.getMessage(Locale.ENGLISH).strip().replaceAll("\\s*\\R\\s*", "; ");
    String location =
        source == null ? "" : source.getName() + ":" + diagnostic.getLineNumber() + ":";
    return new Problem(location, message.replaceAll(" {2,}", " "));
  }

  /** A source file that was read before, so that its classes are cached under its hash. */
  private static final class InMemorySource extends SimpleJavaFileObject {
    private final Path path;
    private final String content;

    InMemorySource(Path path, String content) {
      super(path.toUri(), Kind.SOURCE);
      this.path = path;
      this.content = content;
    }

    @Override
    public String getName() {
      return path.toString();
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return content;
    }
  }

  private static final class InMemoryFiles extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> written = new HashMap<>();

    InMemoryFiles(JavaFileManager files) {
      super(files);
    }

    Map<String, byte[]> classes() {
      return written.entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().toByteArray()));
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      written.put(className, bytes);
      URI name = URI.create("memory:///" + className.replace('.', '/') + kind.extension);
      return new SimpleJavaFileObject(name, kind) {
        @Override
        public OutputStream openOutputStream() {
          return bytes;
        }
      };
    }
  }
}
