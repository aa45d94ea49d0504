import Foundation
import JSON
import Logging
import Synchronization

/// The files that were captured from an older server. They lie beside the repository, in `../shared/fixtures`;
/// `CADUCEUS_SHARED` names another place for `shared`.
enum Fixtures {
  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String { "The fixture \(path) is missing; CADUCEUS_SHARED can say where it is." }
  }

  /// The absolute path of a fixture, given relative to `fixtures/golden`.
  static func path(_ name: String) throws -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["CADUCEUS_SHARED"]
      ?? repository.deletingLastPathComponent().appending(path: "shared").path
    let path = "\(shared)/fixtures/golden/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { throw Missing(path: path) }
    return path
  }

  /// The body of a captured answer, `http/<name>.json`.
  static func body(_ name: String, replacing old: String = "", with new: String = "") throws -> JSONValue {
    var text = try String(contentsOfFile: path("http/\(name).json"), encoding: .utf8)
    if !old.isEmpty { text = text.replacingOccurrences(of: old, with: new) }
    let exchange = try JSONValue(parsing: text.utf8, limits: .files)
    return exchange["response"]?["body"] ?? .null
  }

  /// Copies a fixture, so that it may be opened and written. Bytes and names only: the originals may be read-only, and
  /// nobody but root can fill a read-only folder.
  static func copy(_ name: String, to path: String) throws { try copy(from: Fixtures.path(name), to: path) }

  private static func copy(from source: String, to path: String) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    _ = files.fileExists(atPath: source, isDirectory: &isFolder)
    guard isFolder.boolValue else {
      try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: path))
      return
    }
    try files.createDirectory(atPath: path, withIntermediateDirectories: false)
    for inner in try files.contentsOfDirectory(atPath: source) {
      try copy(from: "\(source)/\(inner)", to: "\(path)/\(inner)")
    }
  }
}

/// A folder that is gone with the test. Its path has no symbolic links.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let base = URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
    path = "\(base)/caduceus-\(UUID().uuidString.lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // What cannot be removed is left to the system that cleans its temporary folder.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file, and the folders above it.
  func write(_ text: String, to name: String) throws {
    let file = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// Makes a folder.
  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
  }

  /// Everything below the folder: for each name its kind, bytes and time of change.
  func snapshot() throws -> [String: String] {
    let files = FileManager.default
    var snapshot: [String: String] = [:]
    for case let name as String in files.enumerator(atPath: path) ?? .init() {
      let attributes = try files.attributesOfItem(atPath: "\(path)/\(name)")
      let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      let bytes = files.contents(atPath: "\(path)/\(name)") ?? Data()
      snapshot[name] = "\(time) \(bytes.count) \(bytes.hashValue)"
    }
    return snapshot
  }
}

/// Keeps what was logged.
final class RecordedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var messages: [String] { lines.withLock { $0 } }

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.lines.withLock { $0.append("\(event.level) \(event.message)") }
    }
  }
}
