import Foundation
import JSON
import Logging
import Synchronization

/// The conversations' files. Every function waits for the disk.
struct SidecarFiles: Sendable {
  let layout: StateLayout
  let logger: Logger
  /// How many bytes of conversations were read; for tests of what is not read.
  let bytesRead = ReadCounter()

  /// The ids that have a file; names that begin with `_` are none (domain 1.1).
  func ids() -> [SessionID] {
    Folder.names(in: layout.sessionsDirectory).compactMap { name in
      guard name.hasSuffix(".json"), !name.hasPrefix("_") else { return nil }
      return SessionID(String(name.dropLast(5)))
    }
  }

  func stamp(of session: SessionID) -> FileStamp? { FileStamp(of: layout.sidecar(session)) }

  /// The whole conversation.
  ///
  /// - Throws: ``FileError``, ``SidecarError``.
  func document(_ session: SessionID) throws -> SessionDocument {
    let bytes = try AtomicFile.read(layout.sidecar(session))
    bytesRead.add(bytes.count)
    return try SessionDocument(parsing: bytes, id: session)
  }

  /// The summary; opens the transcript only when neither the head nor `hint` says what must be known of it.
  ///
  /// - Throws: ``FileError``, ``SidecarError``.
  func summary(_ session: SessionID, stamp: FileStamp, hint: IndexHint?) throws -> SessionSummary {
    if let hint, let metadata = try head(session, size: stamp.size), hint.agrees(with: metadata) {
      return SessionSummary(id: session, metadata: metadata, transcript: hint.facts, fallbackTime: stamp.modified)
    }
    return SessionSummary(of: try document(session), fallbackTime: stamp.modified)
  }

  private func head(_ session: SessionID, size: Int) throws -> JSONObject? {
    for count in SidecarHead.sizes {
      let bytes = try AtomicFile.readPrefix(layout.sidecar(session), count: count)
      bytesRead.add(bytes.count)
      if let metadata = SidecarHead.parse(bytes) { return metadata }
      if bytes.count < count || size <= count { break }
    }
    return nil
  }

  /// Replaces a conversation's file. If that loses messages, the old bytes are kept first (domain 3.2).
  ///
  /// - Parameter before: What is in the file now.
  /// - Throws: ``FileError``, ``SidecarError/wouldEmptyRunningSession``.
  func save(_ document: SessionDocument, before: SessionDocument) throws {
    if document.messages.isEmpty && !before.messages.isEmpty && document.hasTurnFields {
      throw SidecarError.wouldEmptyRunningSession
    }
    if document.messages.count < before.messages.count { keepBackup(of: document.id) }
    try AtomicFile.replace(
      layout.sidecar(document.id), with: document.serialized(), temporaryStem: document.id.text)
  }

  /// A backup that cannot be made never prevents a save (invariant 5).
  private func keepBackup(of session: SessionID) {
    do {
      let bytes = try AtomicFile.read(layout.sidecar(session))
      try AtomicFile.replace(layout.backup(session), with: bytes)
    } catch {
      logger.warning("no backup of a shrinking conversation", metadata: ["session": "\(session)", "error": "\(error)"])
    }
  }

  /// Writes a conversation that has no file yet; never over one that has appeared meanwhile (invariant 15).
  ///
  /// - Throws: ``SidecarError/alreadyExists``, ``FileError``.
  func create(_ document: SessionDocument) throws {
    let path = layout.sidecar(document.id)
    let temporary = "\(layout.sessionsDirectory)/\(document.id).new.tmp.\(getpid()).\(pthread_self())"
    try AtomicFile.replace(temporary, with: document.serialized())
    defer { unlink(temporary) }
    if link(temporary, path) != 0 {
      let code = errno
      if code == EEXIST { throw SidecarError.alreadyExists }
      // A file system without hard links (domain 6, number 24): the name is taken first, then filled as a whole.
      guard code == EPERM || code == EOPNOTSUPP || code == EMLINK || code == ENOSYS else {
        throw FileError(operation: "link", name: "\(document.id).json", code: code)
      }
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor < 0 { throw SidecarError.alreadyExists }
      close(descriptor)
      try AtomicFile.replace(path, with: document.serialized(), temporaryStem: document.id.text)
    }
    AtomicFile.flushFolder(layout.sessionsDirectory)
  }

  /// Removes everything that belongs to a conversation; what is not there is no error.
  ///
  /// - Returns: Whether there was a file.
  func remove(_ session: SessionID) -> Bool {
    let existed = unlink(layout.sidecar(session)) == 0
    unlink(layout.backup(session))
    AtomicFile.flushFolder(layout.sessionsDirectory)
    Folder.remove(layout.runJournals(session))
    let turns = "\(layout.sessionsDirectory)/_turn_journal"
    for name in Folder.names(in: turns) where name == "\(session).jsonl" || name.hasPrefix("\(session)~") {
      unlink("\(turns)/\(name)")
    }
    return existed
  }

  /// Removes temporary files that a crash left an hour ago or earlier (domain 1.4).
  func sweep(now: Double) {
    for name in Folder.names(in: layout.sessionsDirectory) where name.contains(".tmp.") {
      let path = "\(layout.sessionsDirectory)/\(name)"
      if let stamp = FileStamp(of: path), now - stamp.modified > 3600 { unlink(path) }
    }
  }
}

/// Counts bytes.
final class ReadCounter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add(_ bytes: Int) { count.add(bytes, ordering: .relaxed) }
}
