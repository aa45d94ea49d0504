import JSON

/// The ids of conversations that were deleted, so that the agent's database does not bring them back (invariant 21).
struct Tombstones: Sendable {
  /// How many are kept.
  static let capacity = 1000

  private(set) var ids: Set<SessionID>

  /// Reads the file; one that cannot be read has none.
  init(at path: String) {
    // A missing file is the normal case, and a broken one must not keep the server from starting.
    let file = (try? AtomicFile.read(path)).flatMap { try? JSONValue(parsing: $0, limits: .files) }
    ids = Set((file?["ids"]?.array ?? []).compactMap { $0.string.flatMap { SessionID($0) } })
  }

  /// With one id more; over the capacity others go, but never that one.
  func adding(_ session: SessionID) -> Tombstones {
    var copy = self
    copy.ids.insert(session)
    while copy.ids.count > Self.capacity, let other = copy.ids.first(where: { $0 != session }) {
      copy.ids.remove(other)
    }
    return copy
  }

  func removing(_ session: SessionID) -> Tombstones {
    var copy = self
    copy.ids.remove(session)
    return copy
  }

  /// Replaces the file.
  ///
  /// - Throws: ``FileError``.
  func write(to path: String) throws(FileError) {
    let file: JSONValue = ["version": 1, "ids": .array(ids.sorted().map { .string($0.text) })]
    try AtomicFile.replace(path, with: file.bytes(.indented), temporaryStem: "_deleted_webui_sessions")
  }
}
