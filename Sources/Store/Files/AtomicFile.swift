import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Why a file could not be read or written.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried: `open`, `write`, `flush`, `rename`, ...
  public let operation: String
  /// The file's name without its folder.
  public let name: String
  /// `errno`.
  public let code: Int32

  /// A sentence for the log.
  public var description: String { "\(operation) of \(name) failed: \(String(cString: strerror(code)))" }

  /// Whether there was no such file.
  public var isMissing: Bool { code == ENOENT }
  /// Whether there is no room left.
  public var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// Files that are read and replaced as a whole (domain 1.4).
public enum AtomicFile {
  /// Reads a whole file.
  ///
  /// - Parameter limit: The largest size in bytes; a larger file is an error with `EFBIG`.
  /// - Throws: ``FileError``.
  public static func read(_ path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
    let (descriptor, status) = try openForReading(path)
    defer { close(descriptor) }
    if status.st_size > limit { throw FileError(operation: "read", name: name(of: path), code: EFBIG) }
    return try readAll(descriptor, path, expecting: Int(status.st_size))
  }

  /// Reads up to `count` bytes from the start of a file.
  ///
  /// - Throws: ``FileError``.
  public static func readPrefix(_ path: String, count: Int) throws(FileError) -> [UInt8] {
    let (descriptor, _) = try openForReading(path)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, off_t(filled))
      }
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw failure("read", path) }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  /// Replaces a file as a whole: temporary name with process and thread id, flush, rename, flush of the folder. After a
  /// failure the old file stands and the temporary one is gone (invariants 4 to 6).
  ///
  /// - Parameters:
  ///   - temporaryStem: What the temporary name starts with; `<stem>.tmp.<pid>.<tid>` in the same folder.
  ///   - mode: Permissions of a new file; those of an existing one are kept.
  /// - Throws: ``FileError``.
  public static func replace(
    _ path: String, with bytes: [UInt8], temporaryStem: String? = nil, mode: mode_t = 0o600
  ) throws(FileError) {
    let folder = folder(of: path)
    let temporary = "\(folder)/\(temporaryStem ?? name(of: path)).tmp.\(getpid()).\(pthread_self())"
    var status = stat()
    let permissions = stat(path, &status) == 0 ? status.st_mode & 0o7777 : mode
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
    if descriptor < 0 { throw failure("create", path) }
    do throws(FileError) {
      try writeAndFlush(descriptor, bytes, path)
      if rename(temporary, path) != 0 { throw failure("rename", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    flushFolder(folder)
  }

  /// Makes a folder and those above it.
  ///
  /// - Throws: ``FileError``.
  public static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(FileError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path.contains("/"), folder(of: path) != path else { throw failure("create folder", path) }
    try makeFolder(folder(of: path), mode: mode)
    if mkdir(path, mode) != 0 && errno != EEXIST { throw failure("create folder", path) }
  }

  /// Makes a rename or a new name durable. A file system that cannot flush a folder has already done what it can.
  public static func flushFolder(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func writeAndFlush(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(FileError) {
    var code: Int32 = 0
    var written = 0
    while written < bytes.count && code == 0 {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count >= 0 { written += count } else if errno != EINTR { code = errno }
    }
    var operation = "write"
    if code == 0 && fsync(descriptor) != 0 {
      operation = "flush"
      code = errno
    }
    // Some file systems report a lack of room only here.
    if close(descriptor) != 0 && code == 0 {
      operation = "close"
      code = errno
    }
    if code != 0 { throw FileError(operation: operation, name: name(of: path), code: code) }
  }

  private static func readAll(_ descriptor: Int32, _ path: String, expecting size: Int) throws(FileError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size {
        let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), size - filled)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    if code != 0 { throw FileError(operation: "read", name: name(of: path), code: code) }
    return bytes
  }

  /// Opens a regular file. Anything else is an error, and no reason to wait: opening a named pipe would take until
  /// somebody writes into it.
  private static func openForReading(_ path: String) throws(FileError) -> (descriptor: Int32, status: stat) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 { throw failure("open", path) }
    var status = stat()
    var code: Int32 = 0
    if fstat(descriptor, &status) != 0 {
      code = errno
    } else if status.st_mode & S_IFMT != S_IFREG {
      code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EOPNOTSUPP
    }
    if code == 0 { return (descriptor, status) }
    close(descriptor)
    throw FileError(operation: "open", name: name(of: path), code: code)
  }

  private static func failure(_ operation: String, _ path: String) -> FileError {
    FileError(operation: operation, name: name(of: path), code: errno)
  }

  private static func name(of path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
