import Foundation
import Logging
import Synchronization

extension SessionStore {
  /// Every conversation that has a file, in no special order.
  ///
  /// Answers from memory. At most four times a second the folder is asked whether a file has come, gone or been
  /// replaced; only then are files looked at, and only those that differ are read.
  public func summaries() async -> [SessionSummary] {
    let known: Known? = memory.withLock { memory in
      let time = ContinuousClock.now
      if let last = memory.lastCheck, time - last < checkInterval { return nil }
      memory.lastCheck = time
      return Known(memory)
    }
    if let known {
      // The disk executor throws only what its work throws, and this work throws nothing.
      try? await disk.run { [self] in checkFolder(known) }
    }
    return memory.withLock { memory in
      if let list = memory.list { return list }
      let list = memory.entries.values.map(\.summary)
      memory.list = list
      return list
    }
  }

  /// One conversation's summary. Its file is looked at, so a change by another program is seen at once.
  ///
  /// - Returns: Nil when there is no such conversation, or it was deleted.
  /// - Throws: ``SidecarError`` when its file is no conversation; ``FileError``.
  public func summary(_ id: SessionID) async throws -> SessionSummary? {
    if let shell = useShell(id) { return SessionSummary(of: shell, fallbackTime: now()) }
    if isDeleted(id) { return nil }
    return try await disk.run { [self] in try currentSummary(id) }
  }

  /// A part of a conversation's transcript (wire 1.2). Only the messages that are wanted are looked into.
  ///
  /// - Returns: Nil when there is no such conversation, or it was deleted.
  /// - Throws: ``SidecarError`` when its file is no conversation; ``FileError``.
  public func page(_ id: SessionID, _ window: TranscriptWindow) async throws -> (SessionSummary, TranscriptPage)? {
    if let shell = useShell(id) {
      return (SessionSummary(of: shell, fallbackTime: now()), TranscriptPage(of: shell, window))
    }
    guard let (summary, document) = try await read(id) else { return nil }
    return (summary, TranscriptPage(of: document, window))
  }

  /// A whole conversation, to look at: changes are made with ``edit(_:touch:_:)``.
  ///
  /// - Returns: Nil when there is no such conversation, or it was deleted.
  /// - Throws: ``SidecarError`` when its file is no conversation; ``FileError``.
  public func document(_ id: SessionID) async throws -> SessionDocument? {
    if let shell = useShell(id) { return shell }
    return try await read(id)?.document
  }

  private func read(_ id: SessionID) async throws -> (summary: SessionSummary, document: SessionDocument)? {
    if isDeleted(id) { return nil }
    return try await disk.run { [self] in
      guard let stamp = files.stamp(of: id) else {
        forget(id)
        return nil
      }
      guard let document = try missingAsNil({ try files.document(id) }) else { return nil }
      let entry = memory.withLock { $0.entries[id] }
      if let entry, entry.stamp == stamp { return (entry.summary, document) }
      let summary = SessionSummary(of: document, fallbackTime: stamp.modified)
      remember(summary, stamp, insteadOf: entry?.stamp)
      return (summary, document)
    }
  }

  /// Waits for the disk.
  func currentSummary(_ id: SessionID) throws -> SessionSummary? {
    guard let stamp = files.stamp(of: id) else {
      forget(id)
      return nil
    }
    let entry = memory.withLock { $0.entries[id] }
    if let entry, entry.stamp == stamp { return entry.summary }
    let summary = try missingAsNil { try files.summary(id, stamp: stamp, hint: nil) }
    if let summary { remember(summary, stamp, insteadOf: entry?.stamp) }
    return summary
  }

  func useShell(_ id: SessionID) -> SessionDocument? {
    memory.withLock { $0.shells.use(id, now: .now) }
  }

  /// A file that went away between two looks is no error.
  func missingAsNil<Value>(_ read: () throws -> Value) throws -> Value? {
    do {
      return try read()
    } catch let error as FileError where error.isMissing {
      return nil
    }
  }

  /// Keeps what was read, unless somebody has meanwhile kept something newer.
  func remember(_ summary: SessionSummary, _ stamp: FileStamp, insteadOf old: FileStamp?) {
    reportOwnerless(summary)
    memory.withLock { memory in
      guard memory.entries[summary.id]?.stamp == old, !memory.tombstones.contains(summary.id) else { return }
      memory.entries[summary.id] = Entry(stamp: stamp, summary: summary)
      memory.broken[summary.id] = nil
      memory.list = nil
    }
    scheduleIndex()
  }

  /// Logs that a conversation is nobody's.
  func reportOwnerless(_ summary: SessionSummary) {
    if !summary.isOwnerless { return }
    logger.error(
      "a conversation is shown to nobody: the profile in its file is no text", metadata: ["session": "\(summary.id)"])
  }

  private func forget(_ id: SessionID) {
    let known = memory.withLock { memory in
      guard memory.entries[id] != nil, files.stamp(of: id) == nil else { return false }
      memory.entries[id] = nil
      memory.list = nil
      return true
    }
    if known { scheduleIndex() }
  }
}
