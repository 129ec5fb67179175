package dev.counterpoint.core.kernel;

import ai.djl.util.Platform;
import ai.djl.util.Utils;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.internal.storage.NativeFailure;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The native libraries of DJL, libtorch and tokenizers, and of other jars. DJL unpacks them from
 * its jars into a folder and loads every library that it finds there. Here the folder is {@link
 * CacheFolder}, which nobody else can write to, and the unpacked files are compared with the jars
 * before they are loaded: by SHA-256 once, then by size, time and owner.
 */
public final class NativeLibraries {
  private static final String VERIFIED = "verified";
  private static final String FOLDERS_OF_DJL = "DJL_CACHE_DIR";

  /** The variables with folders of libraries that DJL loads instead of, or beside, its own. */
  private static final List<String> OTHER_FOLDERS =
      List.of(
          FOLDERS_OF_DJL,
          "ENGINE_CACHE_DIR",
          "PYTORCH_LIBRARY_PATH",
          "PYTORCH_EXTRA_LIBRARY_PATH",
          "LIBSTDCXX_LIBRARY_PATH");

  private static final ConcurrentMap<String, Boolean> LOADED = new ConcurrentHashMap<>();

  private NativeLibraries() {}

  /**
   * Sets the folders of DJL, JNA and SQLite, unless the user has set them, and turns off the usage
   * reporting of DJL.
   */
  public static void configure() {
    System.getProperties().putIfAbsent("OPT_OUT_TRACKING", "true");
    Path cache = CacheFolder.path();
    System.getProperties().putIfAbsent(FOLDERS_OF_DJL, cache.resolve("djl").toString());
    try { // JNA prints a stack trace if its folder does not exist.
      FileAccess.createPrivateFolder(cache);
      FileAccess.createPrivateFolder(cache.resolve("djl"));
      Path jna = FileAccess.createPrivateFolder(cache.resolve("jna"));
      System.getProperties().putIfAbsent("jna.tmpdir", jna.toString());
      Path sqlite = FileAccess.createPrivateFolder(cache.resolve("sqlite"));
      System.getProperties().putIfAbsent("org.sqlite.tmpdir", sqlite.toString());
    } catch (IOException e) {
      // The command reports it if it needs the cache folder.
    }
  }

  /**
   * Verifies the libraries of an engine and loads them, once. Damaged ones are deleted, and DJL
   * unpacks them again; other processes wait.
   *
   * @param engine {@code pytorch} or {@code tokenizers}
   * @param loading makes DJL load them
   * @throws InvalidSettings if another user can change them, or their folder is not usable
   */
  public static void load(String engine, Runnable loading) {
    LOADED.computeIfAbsent(
        engine,
        it -> {
          verifyAndLoad(engine, loading);
          return true;
        });
  }

  /**
   * Unpacks a library of a jar into {@link CacheFolder}, unless the folder contains it with
   * unchanged size, time and owner.
   *
   * @param library the library in its jar; the file name of the jar names the folder
   * @param name the name of the file
   * @return the path of the file
   * @throws InvalidSettings if the folder is not usable
   */
  public static Path unpacked(URL library, String name) {
    String jar = library.getPath().replaceFirst("\\.jar!.*", "").replaceFirst(".*/", "");
    try {
      Path folder = CacheFolder.path().resolve("native").resolve(jar);
      FileAccess.createPrivateFolder(folder);
      Path record = folder.resolveSibling(jar + "." + VERIFIED);
      try (FileChannel lock = lock(folder.resolveSibling(""), jar)) {
        if (!Files.exists(record) || !Files.readString(record).equals(facts(folder))) {
          new LocalDisk().delete(folder);
          FileAccess.createPrivateFolder(folder);
          try (InputStream in = library.openStream()) {
            Files.copy(in, folder.resolve(name));
          }
          AtomicFile.writeText(record, facts(folder));
        }
      }
      return folder.resolve(name);
    } catch (IOException e) {
      throw new InvalidSettings(NativeFailure.unwritten(e));
    }
  }

  private static void verifyAndLoad(String engine, Runnable loading) {
    configure();
    try {
      for (String variable : OTHER_FOLDERS) {
        String value = Utils.getEnvOrSystemProperty(variable, "");
        for (String folder : value.split(File.pathSeparator, -1)) {
          if (!folder.isEmpty()) {
            FileAccess.requireSafe(Path.of(folder), "the native libraries", variable);
          }
        }
      }
      if (engine.equals("pytorch")) {
        requireOnClassPath();
      }
      try (FileChannel lock = lock(Utils.getEngineCacheDir(engine), engine)) {
        verify(engine);
        loading.run();
      }
    } catch (IOException e) {
      throw new InvalidSettings(NativeFailure.unwritten(e));
    }
  }

  /** Locks a folder if it is writable; otherwise an administrator has installed the libraries. */
  private static @Nullable FileChannel lock(Path folder, String engine) throws IOException {
    if (!CacheFolder.isWritable(folder)) {
      return null;
    }
    Path file = Files.createDirectories(folder).resolve(engine + ".lock");
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            FileAccess.creating(FileAccess.PRIVATE_FOLDER));
    if (!Files.isExecutable(file)) {
      channel.close();
      throw new IOException("its file system is mounted with noexec");
    }
    try {
      channel.lock();
    } catch (IOException e) {
      // The file system does not have locks.
    }
    return channel;
  }

  /**
   * Checks that the native library is on the class path; without it, DJL would download the
   * library.
   */
  private static void requireOnClassPath() {
    Platform platform = Platform.detectPlatform("pytorch");
    if (platform.isPlaceholder() && Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH") == null) {
      throw new InvalidSettings(libraryMissing(platform.getClassifier(), platform.getVersion()));
    }
  }

  static String libraryMissing(String classifier, String version) {
    return ("the class path contains no native PyTorch library for %s\n"
            + "build on a machine of this kind (mvn package), build elsewhere with"
            + " -Dnative.classifier=%s, or set PYTORCH_LIBRARY_PATH to a folder with libtorch %s")
        .formatted(classifier, classifier, version);
  }

  private static void verify(String engine) throws IOException {
    Platform platform = Platform.detectPlatform(engine);
    String build = platform.getFlavor() + "-" + platform.getClassifier();
    Path folder = Utils.getEngineCacheDir(engine).resolve(platform.getVersion() + "-" + build);
    if (!Files.isDirectory(folder)) {
      return;
    }
    Path record = folder.resolveSibling(folder.getFileName() + "." + VERIFIED);
    String facts = facts(folder);
    if (Files.exists(record) && Files.readString(record).equals(facts)) {
      return;
    }
    String place = platform.getClassifier() + "/" + platform.getFlavor() + "/";
    for (Path file : FolderEntries.of(folder)) {
      String name = file.getFileName().toString();
      boolean isJni = name.matches("[0-9.]+-\\D.*"); // 0.35.1-libdjl_torch.so
      String resource =
          engine.equals("tokenizers")
              ? "native/lib/" + place + name
              : isJni
                  ? "jnilib/" + place + name.substring(name.indexOf('-') + 1)
                  : "pytorch/" + platform.getFlavor() + "/" + platform.getClassifier() + "/" + name;
      if (!Sha256.of(file).equals(hashInJar(resource))) {
        new LocalDisk().delete(folder);
        return;
      }
    }
    if (!Files.isWritable(folder.resolveSibling(""))) {
      return; // installed by an administrator
    }
    Path draft = Files.createTempFile(folder.resolveSibling(""), VERIFIED, "");
    Files.writeString(draft, facts);
    Files.move(draft, record, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Name, size, time and owner of each file. */
  private static String facts(Path folder) throws IOException {
    TreeSet<String> facts = new TreeSet<>();
    for (Path file : FolderEntries.of(folder)) {
      facts.add(
          file.getFileName()
              + " "
              + Files.readAttributes(file, "size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS)
              + " "
              + Files.getOwner(file, LinkOption.NOFOLLOW_LINKS));
    }
    return facts.stream().collect(Collectors.joining("\n"));
  }

  /** The SHA-256 of a file in a jar; empty if there is none. */
  private static String hashInJar(String resource) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (InputStream in = Utils.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        return "";
      }
      in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    }
    return Sha256.hex(digest);
  }
}
