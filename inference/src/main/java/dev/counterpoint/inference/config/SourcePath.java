package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Classes from outside the program, the {@code --classpath}: jars, class folders, and {@code .java}
 * files, which the JDK's own compiler compiles at start, all together and into memory. They see the
 * program's classes and each other.
 *
 * <p>A folder is a class folder. If there are {@code .java} files directly in it, they are compiled
 * too; deeper ones are not looked for, so that {@code --classpath .} beside one idea does not
 * compile a whole project.
 */
public final class SourcePath implements AutoCloseable {
  private static final String OWN = "classpath";

  private final ClassLoader loader;
  private final Set<String> compiled;
  private final String description;

  private SourcePath(ClassLoader loader, Set<String> compiled, String description) {
    this.loader = loader;
    this.compiled = compiled;
    this.description = description;
  }

  /** The program's own classes only. */
  public static SourcePath none() {
    return new SourcePath(program(), Set.of(), "the program; --classpath adds more");
  }

  /**
   * Takes in what is named.
   *
   * @throws InvalidSettings where something is missing, of no known kind, or does not compile:
   *     every error as {@code Idea.java:12: message}
   */
  public static SourcePath open(List<Path> entries) {
    return open(entries, ToolProvider.getSystemJavaCompiler());
  }

  static SourcePath open(List<Path> entries, @Nullable JavaCompiler compiler) {
    if (entries.isEmpty()) {
      return none();
    }
    SourceEntries found = SourceEntries.of(entries);
    Map<String, byte[]> classes =
        found.sources().isEmpty()
            ? Map.of()
            : SourceCompiler.compile(found.sources(), found.classPath(), compiler);
    return new SourcePath(
        new Loader(urls(found.classPath()), classes),
        outermost(classes.keySet()),
        "the program or in "
            + entries.stream().map(Path::toString).collect(Collectors.joining(", ")));
  }

  /** Whether a line of a stack trace is of a class of the user's own. */
  public static boolean isOwn(StackTraceElement frame) {
    return OWN.equals(frame.getClassLoaderName());
  }

  private static ClassLoader program() {
    return SourcePath.class.getClassLoader();
  }

  private static URL[] urls(List<Path> paths) {
    return paths.stream().map(SourcePath::url).toArray(URL[]::new);
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> outermost(Set<String> names) {
    return names.stream().filter(name -> !name.contains("$")).collect(Collectors.toSet());
  }

  /** What loads them; the program's loader comes first. */
  public ClassLoader loader() {
    return loader;
  }

  /** The names of the classes that were compiled, save nested ones. */
  Set<String> compiled() {
    return compiled;
  }

  /** Where classes are looked for, to go on from "in": {@code the program or in Idea.java}. */
  String description() {
    return description;
  }

  /**
   * The class of a name; a nested one may be written {@code Outer.Inner} or {@code Outer$Inner}.
   */
  Optional<Class<?>> find(String name) {
    Optional<Class<?>> found = load(name);
    int dot = name.lastIndexOf('.');
    return found.isPresent() || dot < 0
        ? found
        : load(name.substring(0, dot) + '$' + name.substring(dot + 1));
  }

  private Optional<Class<?>> load(String name) {
    try {
      return Optional.of(loader.loadClass(name));
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Closes the jars; classes that were not loaded yet cannot be loaded any more. */
  @Override
  public void close() throws IOException {
    if (loader instanceof Loader own) {
      own.close();
    }
  }

  private static final class Loader extends URLClassLoader {
    private final Map<String, byte[]> classes;

    Loader(URL[] urls, Map<String, byte[]> classes) {
      super(OWN, urls, program());
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = classes.get(name);
      return bytes == null ? super.findClass(name) : defineClass(name, bytes, 0, bytes.length);
    }
  }
}
