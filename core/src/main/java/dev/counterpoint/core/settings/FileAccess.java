package dev.counterpoint.core.settings;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** Access of other users to files and folders. File systems without owners are not checked. */
public final class FileAccess {
  /** The permissions of a folder that only its owner can read. */
  public static final Set<PosixFilePermission> PRIVATE_FOLDER =
      PosixFilePermissions.fromString("rwx------");

  /** The permissions of a file that only its owner can read. */
  public static final Set<PosixFilePermission> PRIVATE_FILE =
      PosixFilePermissions.fromString("rw-------");

  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
  private static final int UNMAPPED = 65534;
  private static final int STICKY = 01000;
  private static final int GROUP_WRITE = 020;
  private static final int OTHER_WRITE = 02;

  private FileAccess() {}

  /** The attributes with which a file or folder is created private. */
  public static FileAttribute<?>[] creating(Set<PosixFilePermission> permissions) {
    return POSIX
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  /**
   * Creates a folder, and its missing parents, that only the user can read. An existing folder of
   * the user becomes private.
   */
  public static Path createPrivateFolder(Path folder) throws IOException {
    makePrivate(folder);
    if (!Files.isDirectory(folder)) {
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null && !Files.isDirectory(parent)) {
        createPrivateFolder(parent);
      }
      try {
        Files.createDirectory(folder, creating(PRIVATE_FOLDER));
      } catch (FileAlreadyExistsException e) {
        if (!Files.isDirectory(folder)) {
          throw e;
        }
      }
    }
    return folder;
  }

  /** Makes a file of the user readable by nobody else. */
  public static void makeFilePrivate(Path file) throws IOException {
    if (POSIX) {
      Files.setPosixFilePermissions(file, PRIVATE_FILE);
    }
  }

  private static void makePrivate(Path folder) throws IOException {
    if (POSIX
        && Files.isDirectory(folder)
        && !Files.getPosixFilePermissions(folder).equals(PRIVATE_FOLDER)
        && Files.getAttribute(folder, "unix:uid").equals(user())) {
      Files.setPosixFilePermissions(folder, PRIVATE_FOLDER);
    }
  }

  /**
   * Checks that no other user can change what is in a folder.
   *
   * @param content what is in the folder, for the message
   * @param variable the environment variable that selects another folder
   * @throws InvalidSettings if another user can, with the folder and the variable
   */
  public static void requireSafe(Path folder, String content, String variable) throws IOException {
    Optional<String> exposure = exposure(folder);
    if (exposure.isPresent()) {
      throw new InvalidSettings(
          "Another user could change %s in %s: %s. Set %s to a folder that only you can write.",
          content, folder, exposure.get(), variable);
    }
  }

  /**
   * Requires the permissions without which a path or the content of a folder appears to be missing.
   *
   * @throws InvalidSettings with the file or folder that denies access
   */
  public static void requireAccess(Path path) {
    Path absolute = path.toAbsolutePath();
    Path found = absolute;
    while (!Files.exists(found) && found.getParent() != null) {
      found = found.getParent();
    }
    boolean opens = !Files.isDirectory(found) || Files.isExecutable(found);
    if (!opens || (found.equals(absolute) && Files.exists(found) && !Files.isReadable(found))) {
      throw new InvalidSettings(
          "%s cannot be accessed: permission denied%s.",
          path, found.equals(absolute) ? "" : " for " + found);
    }
  }

  /** The user id, or the user name if the system has no user ids. */
  public static Object user() throws IOException {
    Path self = Path.of("/proc/self");
    return Files.exists(self)
        ? Files.getAttribute(self, "unix:uid")
        : System.getProperty("user.name");
  }

  /**
   * Describes how another user, except for root, could change a file or folder: it, or a folder
   * above it, belongs to another user or can be written by others. A folder above it may have the
   * sticky bit, as {@code /tmp} has.
   *
   * @param path a file or folder, which may not exist yet
   * @return the folder and the reason, without a full stop; empty if nobody else can change it
   */
  public static Optional<String> exposure(Path path) throws IOException {
    if (!POSIX) {
      return Optional.empty();
    }
    Path absolute = path.toAbsolutePath().normalize();
    for (Path each = absolute; each != null; each = each.getParent()) {
      if (!Files.exists(each, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      Optional<String> found = own(each, each.equals(absolute));
      if (found.isEmpty() && Files.isSymbolicLink(each)) {
        found = exposure(each.toRealPath());
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Whether an owner is unknown in the user namespace of this process, as root of the host is. */
  private static boolean isUnmapped(Object owner) throws IOException {
    Path map = Path.of("/proc/self/uid_map");
    return owner.equals(UNMAPPED)
        && Files.exists(map)
        && !Files.readString(map).strip().matches("0\\s+0\\s+4294967295");
  }

  private static Optional<String> own(Path path, boolean isLast) throws IOException {
    Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    String name = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    Object user = user();
    if (!owner.equals(user) && !name.equals(user) && !owner.equals(0) && !isUnmapped(owner)) {
      return Optional.of(path + " belongs to another user, " + name);
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    boolean ownGroup =
        Files.getAttribute(path, "posix:group", LinkOption.NOFOLLOW_LINKS)
            .toString()
            .equals(name); // the private group of a user
    boolean shared = (mode & OTHER_WRITE) != 0 || ((mode & GROUP_WRITE) != 0 && !ownGroup);
    return shared && !Files.isSymbolicLink(path) && (isLast || (mode & STICKY) == 0)
        ? Optional.of(path + " can be written by other users")
        : Optional.empty();
  }
}
