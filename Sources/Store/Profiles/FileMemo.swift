import Synchronization

/// Values made from small files, each kept until its file changes: a reader of an unchanged file pays one `stat`.
///
/// Blocks; call it on a ``DiskExecutor``.
final class FileMemo<Value: Sendable>: Sendable {
  private struct Entry {
    let version: FileVersion
    let value: Value
  }

  private let entries = Mutex<[String: Entry]>([:])
  private let limit: Int
  private let make: @Sendable ([UInt8], String) throws -> Value

  /// - Parameters:
  ///   - limit: The largest file in bytes.
  ///   - make: Makes the value of a file's bytes and path.
  init(limit: Int, make: @escaping @Sendable ([UInt8], String) throws -> Value) {
    self.limit = limit
    self.make = make
  }

  /// The value of a file; nil when there is no such file.
  ///
  /// - Throws: ``FileError`` when the file is there and cannot be read or is too large, and what `make` throws.
  func value(of path: String) throws -> Value? {
    guard let version = FileVersion(of: path) else {
      entries.withLock { _ = $0.removeValue(forKey: path) }
      return try valueOfHiddenFile(path)
    }
    if let known = entries.withLock({ $0[path] }), known.version == version { return known.value }
    let value = try make(AtomicFile.read(path, limit: limit), path)
    guard version.isSettled, FileVersion(of: path) == version else { return value }
    entries.withLock { entries in
      // One path a profile: there are never many. The bound is for a base home that somebody floods with folders.
      if entries.count >= 256 { entries.removeAll() }
      entries[path] = Entry(version: version, value: value)
    }
    return value
  }

  /// A file that `stat` does not find is missing; one that it may not look at is an error, not an absence.
  private func valueOfHiddenFile(_ path: String) throws -> Value? {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try AtomicFile.read(path, limit: limit)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    return try make(bytes, path)
  }
}
