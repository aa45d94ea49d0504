import Foundation
import Logging
import Synchronization

extension SessionStore {
  /// Changes a conversation: reads it afresh under its lock, lets `change` work on it, and writes it if it differs.
  ///
  /// After any error, also one that `change` throws, the old file stands. If messages are lost, the old bytes are kept
  /// as `.bak` first (domain 3.2).
  ///
  /// - Parameters:
  ///   - id: The conversation.
  ///   - touch: Whether a change sets `updated_at`; drafts, for one, do not (invariant 44).
  ///   - change: Works on the whole conversation; runs on a thread that may block.
  /// - Returns: What `change` returned and the summary afterwards; nil when there is no such conversation.
  /// - Throws: ``SessionBusy`` after five seconds of waiting, ``SidecarError``, ``FileError``, what `change` throws.
  public func edit<R: Sendable>(
    _ id: SessionID, touch: Bool = true, _ change: @escaping @Sendable (inout SessionDocument) throws -> R
  ) async throws -> (result: R, summary: SessionSummary)? {
    try await locked(id) { [self] in
      if let shell = useShell(id) { return try editShell(shell, touch, change) }
      if isDeleted(id) { return nil }
      guard let before = try missingAsNil({ try files.document(id) }) else { return nil }
      var document = before
      let result = try change(&document)
      guard document != before else { return try currentSummary(id).map { (result, $0) } }
      if touch { document.updatedAt = now() }
      try files.save(document, before: before)
      return (result, keep(document))
    }
  }

  /// Writes a conversation that is to have a file from the start: a copy, a branch, an import, one with a worktree.
  ///
  /// - Throws: ``SidecarError/alreadyExists``, ``SessionBusy``, ``FileError``.
  public func insert(_ document: SessionDocument) async throws -> SessionSummary {
    try await locked(document.id) { [self] in
      try files.create(document)
      try bringBack(document.id)
      return keep(document)
    }
  }

  /// Removes a conversation with its backup and journals, for good: a tombstone keeps it from coming back.
  ///
  /// What is not there gets no tombstone: that would only push out those that are needed.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: ``SessionBusy``; ``FileError`` when the tombstone cannot be written, and then nothing is removed.
  public func delete(_ id: SessionID) async throws -> Bool {
    try await locked(id) { [self] in
      if useShell(id) == nil && files.stamp(of: id) == nil { return false }
      try tombstoneLock.withLock { _ in
        try Tombstones(at: layout.tombstonesFile).adding(id).write(to: layout.tombstonesFile)
      }
      let hadFile = files.remove(id)
      let hadShell = memory.withLock { memory in
        memory.tombstones.insert(id)
        memory.entries[id] = nil
        memory.broken[id] = nil
        memory.list = nil
        return memory.shells.remove(id)
      }
      scheduleIndex()
      return hadFile || hadShell
    }
  }

  private func editShell<R>(
    _ shell: SessionDocument, _ touch: Bool, _ change: (inout SessionDocument) throws -> R
  ) throws -> (R, SessionSummary) {
    var document = shell
    let result = try change(&document)
    guard document != shell else { return (result, SessionSummary(of: shell, fallbackTime: now())) }
    if touch { document.updatedAt = now() }
    try files.create(document)
    try bringBack(document.id)
    return (result, keep(document))
  }

  /// Who makes a conversation of a deleted id anew wants it; such ids come only from imports.
  private func bringBack(_ id: SessionID) throws {
    _ = memory.withLock { $0.shells.remove(id) }
    try tombstoneLock.withLock { _ in
      let tombstones = Tombstones(at: layout.tombstonesFile)
      if tombstones.ids.contains(id) { try tombstones.removing(id).write(to: layout.tombstonesFile) }
    }
    _ = memory.withLock { $0.tombstones.remove(id) }
  }

  private func keep(_ document: SessionDocument) -> SessionSummary {
    let stamp = files.stamp(of: document.id)
    let summary = SessionSummary(of: document, fallbackTime: stamp?.modified ?? now())
    memory.withLock { memory in
      memory.entries[document.id] = stamp.map { Entry(stamp: $0, summary: summary) }
      memory.broken[document.id] = nil
      memory.list = nil
    }
    scheduleIndex()
    return summary
  }

  private func locked<R: Sendable>(_ id: SessionID, _ work: @escaping @Sendable () throws -> R) async throws -> R {
    try await locks.acquire(id, within: lockLimit)
    defer { locks.release(id) }
    return try await disk.run(work)
  }
}
