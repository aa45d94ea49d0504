import Foundation
import GRDB

/// A database of another program, opened for one read at a time and left exactly as it was (invariant 19).
///
/// Blocks; call it on a ``DiskExecutor``.
struct AgentDatabaseFile: Sendable {
  /// What the database and its write-ahead log looked like. While it does not change, neither do the answers.
  struct State: Equatable, Sendable {
    let database: FileVersion
    let log: FileVersion?

    /// Whether a later write would show in a later state.
    var isSettled: Bool { database.isSettled && log?.isSettled != false }
    /// Whether everything that was committed stands in the database itself.
    var logIsEmpty: Bool { (log?.size ?? 0) == 0 }
  }

  private let path: String
  private let busyTimeout: TimeInterval

  /// - Parameters:
  ///   - path: Absolute.
  ///   - busyTimeout: How long a read waits for a lock of the agent, in seconds (domain 2.2).
  init(path: String, busyTimeout: TimeInterval = 1) {
    self.path = path
    self.busyTimeout = busyTimeout
  }

  /// The state at this moment, at the price of two `stat`s; nil when there is no database.
  func state() -> State? {
    let path = realPath
    guard let database = FileVersion(of: path) else { return nil }
    return State(database: database, log: FileVersion(of: path + "-wal"))
  }

  /// Reads in one transaction.
  ///
  /// - Throws: ``DatabaseError`` of GRDB, ``FileError`` when a file is none, and what `body` throws.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try refuseSpecialFiles()
    if let value = try readUnlocked(body) { return value }
    return try open(immutable: false).read(body)
  }

  /// A connection to a database in WAL mode makes the files `-wal` and `-shm` when they are not there, even when it may
  /// only read (https://sqlite.org/wal.html#readonly): it would write into the agent's folder and leave the files
  /// behind, or fail where it may not write. After the agent has closed a database, both are gone and everything stands
  /// in the one file; then SQLite may be told that the file does not change (https://sqlite.org/uri.html#uriimmutable)
  /// and needs neither files nor locks. Whether it was true is checked afterwards: when anybody wrote meanwhile, what
  /// was read is thrown away.
  ///
  /// - Returns: Nil when the database is in use, or was written meanwhile.
  private func readUnlocked<Value>(_ body: (Database) throws -> Value) throws -> Value? {
    guard var before = state(), before.logIsEmpty, !isBeingWritten else { return nil }
    if !before.isSettled {
      Thread.sleep(forTimeInterval: 1.5 * FileVersion.resolution.seconds)
      guard let later = state(), later.logIsEmpty, later.isSettled, !isBeingWritten else { return nil }
      before = later
    }
    let outcome = Result { try open(immutable: true).read(body) }
    guard state() == before, !isBeingWritten else { return nil }
    return try outcome.get()
  }

  /// SQLite would wait for a named pipe in the place of one of its files until somebody writes into it.
  private func refuseSpecialFiles() throws(FileError) {
    let path = realPath
    for suffix in ["", "-wal", "-shm", "-journal"] {
      var status = stat()
      guard stat(path + suffix, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { continue }
      let name = (path + suffix).split(separator: "/").last.map(String.init) ?? ""
      throw FileError(operation: "open", name: name, code: EOPNOTSUPP)
    }
  }

  /// Whether there is a rollback journal: a transaction is under way, or one must be rolled back first.
  private var isBeingWritten: Bool { FileVersion(of: realPath + "-journal") != nil }

  /// SQLite puts the log beside the file that a symbolic link leads to.
  private var realPath: String {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func open(immutable: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(busyTimeout)
    configuration.label = "agent database"
    guard immutable else { return try DatabaseQueue(path: path, configuration: configuration) }
    let allowed = CharacterSet.urlPathAllowed.subtracting(["?", "#", "%"])
    guard let encoded = path.addingPercentEncoding(withAllowedCharacters: allowed) else {
      return try DatabaseQueue(path: path, configuration: configuration)
    }
    return try DatabaseQueue(path: "file:\(encoded)?immutable=1", configuration: configuration)
  }
}

extension Duration {
  fileprivate var seconds: TimeInterval {
    TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
  }
}
