import Foundation
import JSON
import Logging
import Testing

@testable import Store

/// The recorded files of the older server, shared by all implementations and never written to.
enum SharedFixtures {
  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String {
      "The fixture \(path) is missing. Check out the shared fixtures beside the repository, or set CADUCEUS_SHARED."
    }
  }

  /// `CADUCEUS_SHARED`, else `../shared` seen from the repository's root.
  static var root: String {
    if let root = ProcessInfo.processInfo.environment["CADUCEUS_SHARED"] { return root }
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { url.deleteLastPathComponent() }
    return url.deletingLastPathComponent().appendingPathComponent("shared").path
  }

  static func golden(_ path: String) -> String { "\(root)/fixtures/golden/\(path)" }

  static func bytes(_ path: String) throws -> [UInt8] {
    do {
      return try AtomicFile.read(golden(path))
    } catch {
      throw Missing(path: golden(path))
    }
  }

  static func json(_ path: String) throws -> JSONValue {
    try JSONValue(parsing: bytes(path), limits: .files)
  }

  /// The body of a recorded answer, by its number.
  static func answer(_ number: Int) throws -> JSONValue {
    let prefix = "\(number)-"
    guard let name = Folder.names(in: golden("http")).first(where: { $0.hasPrefix(prefix) }) else {
      throw Missing(path: golden("http/\(prefix)*.json"))
    }
    return try #require(try json("http/\(name)")["response"]?["body"])
  }

  /// The files of a state directory's conversations, without those whose name begins with `_`.
  static func sidecars(_ state: String) throws -> [String] {
    let names = Folder.names(in: golden("\(state)/sessions"))
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix("_") }.sorted()
    if names.isEmpty { throw Missing(path: golden("\(state)/sessions")) }
    return names
  }
}

/// A state directory of a test's own, removed with it.
final class TemporaryState: Sendable {
  let layout: StateLayout

  /// An empty one, or a writable copy of a recorded one's conversations.
  init(copying state: String? = nil) throws {
    let path = "\(NSTemporaryDirectory())/caduceus-\(UUID().uuidString)"
    layout = StateLayout(baseHome: path, stateDirectory: path)
    try AtomicFile.makeFolder(layout.sessionsDirectory)
    guard let state else { return }
    let source = SharedFixtures.golden("\(state)/sessions")
    guard FileManager.default.fileExists(atPath: source) else { throw SharedFixtures.Missing(path: source) }
    for case let name as String in FileManager.default.enumerator(atPath: source) ?? .init() {
      let bytes = try? AtomicFile.read("\(source)/\(name)")  // A folder cannot be read as a file.
      guard let bytes else {
        try AtomicFile.makeFolder("\(layout.sessionsDirectory)/\(name)")
        continue
      }
      try AtomicFile.replace("\(layout.sessionsDirectory)/\(name)", with: bytes)
    }
  }

  deinit {
    // A leftover in the temporary folder is no harm.
    try? FileManager.default.removeItem(atPath: layout.stateDirectory)
  }

  func store(
    lockLimit: Duration = .seconds(30), checkInterval: Duration = .zero, now: Double = 2_000_000_000
  ) -> SessionStore {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return SessionStore(
      layout: layout, disk: DiskExecutor(), logger: logger, lockLimit: lockLimit, checkInterval: checkInterval,
      now: { withExtendedLifetime(self) { now } })  // The directory lives as long as its store.
  }

  func opened() async throws -> SessionStore {
    let store = store()
    try await store.open()
    return store
  }

  /// Everything in the folder of the conversations: names and bytes.
  func contents() -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in Folder.names(in: layout.sessionsDirectory) {
      contents[name] = try? AtomicFile.read("\(layout.sessionsDirectory)/\(name)")  // A folder has no bytes.
    }
    return contents
  }

  func write(_ text: String, as session: SessionID) throws {
    try AtomicFile.replace(layout.sidecar(session), with: Array(text.utf8))
  }
}

func sessionID(_ text: String) throws -> SessionID { try #require(SessionID(text)) }
func streamID(_ text: String) throws -> StreamID { try #require(StreamID(text)) }
func message(_ role: String, _ content: String) -> JSONObject { ["role": .string(role), "content": .string(content)] }
