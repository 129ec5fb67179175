package dev.counterpoint.inference.internal.code;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * User-defined classes from {@code --classpath}: jars, class folders, and {@code .java} files. The
 * source files are compiled together, in memory, by the JDK's compiler at startup. They can refer
 * to the program's classes and to each other.
 *
 * <p>A folder is a class folder. Source files directly in it are compiled too; subfolders are not
 * searched for source files, so that {@code --classpath .} does not compile a whole project.
 */
public final class SourcePath implements AutoCloseable {
  private static final String LOADER_NAME = "classpath";

  private final ClassLoader loader;
  private final List<Path> entries;
  private final Map<String, byte[]> compiled;
  private final String description;
  private final Map<Path, Path> copies;
  private final Map<Path, String> hashes = new LinkedHashMap<>();

  private SourcePath(
      ClassLoader loader,
      List<Path> entries,
      Map<String, byte[]> compiled,
      String description,
      Map<Path, Path> copies) {
    this.loader = loader;
    this.entries = List.copyOf(entries);
    this.compiled = compiled;
    this.description = description;
    this.copies = copies;
  }

  /** A source path with only the program's classes. */
  public static SourcePath none() {
    return new SourcePath(
        program(), List.of(), Map.of(), "the program (use --classpath to add more)", Map.of());
  }

  /**
   * Opens code of the user, and code that is named by a run directory or a model folder. Of the
   * latter, private copies are loaded: what is written to the folder later has no effect.
   *
   * @param own entries that the user named
   * @param named entries that the folder names
   * @param trust which of those may run
   * @throws InvalidSettings if a named entry is not trusted, and as {@link #open(List)}
   */
  public static SourcePath open(List<Path> own, List<Path> named, TrustedCode trust) {
    Map<Path, Path> copies = new HashMap<>();
    Map<Path, String> hashes = new LinkedHashMap<>();
    for (NamedCode code : trust.require(named)) {
      copies.put(code.path(), code.copy());
      hashes.putAll(code.byPath());
    }
    List<Path> entries = Stream.concat(named.stream(), own.stream()).distinct().toList();
    SourcePath opened = open(entries, copies, ToolProvider.getSystemJavaCompiler());
    opened.hashes.putAll(hashes);
    return opened;
  }

  /**
   * Opens jars and folders and compiles source files. All of them must be trusted.
   *
   * @throws InvalidSettings if an entry is missing, of an unsupported kind, or does not compile;
   *     compiler errors are listed as {@code Idea.java:12: message}
   */
  public static SourcePath open(List<Path> entries) {
    return open(entries, ToolProvider.getSystemJavaCompiler());
  }

  /**
   * Opens jars and folders and compiles source files with a given compiler.
   *
   * @param compiler null if the Java runtime has none
   */
  public static SourcePath open(List<Path> entries, @Nullable JavaCompiler compiler) {
    return open(entries, Map.of(), compiler);
  }

  private static SourcePath open(
      List<Path> entries, Map<Path, Path> copies, @Nullable JavaCompiler compiler) {
    if (entries.isEmpty()) {
      return none();
    }
    SourceEntries found = SourceEntries.of(entries, copies);
    Map<String, byte[]> classes =
        found.sources().isEmpty() ? Map.of() : SourceCompiler.compile(found, compiler);
    return new SourcePath(
        new Loader(urls(found.classPath()), classes),
        entries,
        classes,
        "the program or in "
            + entries.stream().map(Path::toString).collect(Collectors.joining(", ")),
        copies);
  }

  /** Whether a stack frame belongs to a user-defined class. */
  public static boolean isUserCode(StackTraceElement frame) {
    return LOADER_NAME.equals(frame.getClassLoaderName());
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

  /** The class loader of the user-defined classes, whose parent is the program's loader. */
  public ClassLoader loader() {
    return loader;
  }

  /** The jars, class folders and source files. */
  public List<Path> entries() {
    return entries;
  }

  /** The file or folder from which an entry was loaded: itself, or its private copy. */
  public Path loadedFrom(Path entry) {
    return copies.getOrDefault(entry.toAbsolutePath().normalize(), entry);
  }

  /**
   * The SHA-256 of each entry, and of the jars and folders to which they refer. They are computed
   * once: a copy of the code that has another hash is not the code that was printed.
   */
  public synchronized Map<Path, String> hashes() {
    for (Path entry :
        TrustedCode.withReferenced(
            entries.stream().filter(it -> loadedFrom(it).equals(it)).toList())) {
      hashes.computeIfAbsent(entry, TrustedCode::hash);
    }
    return hashes;
  }

  /** The bytes of the compiled classes by binary name. */
  public Map<String, byte[]> compiled() {
    return compiled;
  }

  /** Where classes are searched, for messages: {@code the program or in Idea.java}. */
  public String description() {
    return description;
  }

  /** Loads a class by name; a nested class is {@code Outer.Inner} or {@code Outer$Inner}. */
  public Optional<Class<?>> find(String name) {
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

  /** Closes the jars; classes that were not loaded before can no longer be loaded. */
  @Override
  public void close() throws IOException {
    if (loader instanceof Loader closeable) {
      closeable.close();
    }
  }

  private static final class Loader extends URLClassLoader {
    private final Map<String, byte[]> classes;

    Loader(URL[] urls, Map<String, byte[]> classes) {
      super(LOADER_NAME, urls, program());
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = classes.get(name);
      return bytes == null ? super.findClass(name) : defineClass(name, bytes, 0, bytes.length);
    }
  }
}
