import Foundation
import Logging
import Synchronization

/// All conversations of the process. What the list needs lives in memory, checked against the files; transcripts are
/// read when somebody asks for them (architecture, idea 6).
public final class SessionStore: Sendable {
  struct Entry {
    var stamp: FileStamp
    var summary: SessionSummary
  }

  struct Memory {
    var entries: [SessionID: Entry] = [:]
    /// Files that cannot be read as conversations, so that each is reported once.
    var broken: [SessionID: FileStamp] = [:]
    var shells = SessionShells()
    var tombstones: Set<SessionID> = []
    var folder: FileStamp?
    var lastCheck: ContinuousClock.Instant?
    /// The summaries in a row, made when the next caller wants them.
    var list: [SessionSummary]?
    var isIndexStale = false
    var indexWriter: Task<Void, Never>?
    var isClosed = false
  }

  let layout: StateLayout
  let disk: DiskExecutor
  let logger: Logger
  let files: SidecarFiles
  let locks = SessionLocks()
  let memory = Mutex(Memory())
  /// Held while the file of tombstones is read and replaced.
  let tombstoneLock = Mutex(())
  let lockLimit: Duration
  let checkInterval: Duration
  let now: @Sendable () -> Double

  /// A store of one state directory; make one a process, and ``open()`` it before anything else.
  public convenience init(layout: StateLayout, disk: DiskExecutor, logger: Logger) {
    self.init(layout: layout, disk: disk, logger: logger, lockLimit: .seconds(5), checkInterval: .milliseconds(250))
  }

  init(
    layout: StateLayout, disk: DiskExecutor, logger: Logger, lockLimit: Duration, checkInterval: Duration,
    now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) {
    self.layout = layout
    self.disk = disk
    self.logger = logger
    self.lockLimit = lockLimit
    self.checkInterval = checkInterval
    self.now = now
    files = SidecarFiles(layout: layout, logger: logger)
  }

  /// Makes the folders, removes temporary files of an old crash, and loads the summaries. Files that are no
  /// conversations are reported in the log, kept out of the list and left as they are.
  ///
  /// - Throws: ``FileError`` when the folder of the conversations cannot be made.
  public func open() async throws {
    let time = now()
    let (loaded, tombstones, folder) = try await disk.run { [self] in
      try AtomicFile.makeFolder(layout.sessionsDirectory)
      files.sweep(now: time)
      let folder = FileStamp(of: layout.sessionsDirectory)
      let tombstones = Tombstones(at: layout.tombstonesFile).ids
      let hints = SessionIndex.hints(at: layout.indexFile)
      return (readAll(known: [:], broken: [:], hints: hints), tombstones, folder)
    }
    memory.withLock { memory in
      memory.entries = loaded.entries.filter { !tombstones.contains($0.key) }
      memory.broken = loaded.broken
      memory.tombstones = tombstones
      memory.folder = folder
      memory.isIndexStale = loaded.isIndexStale
    }
    if loaded.isIndexStale { scheduleIndex() }
    logger.info("conversations loaded", metadata: ["count": "\(loaded.entries.count)"])
  }

  /// Writes the index if it is not up to date. Later changes are still saved, but no longer put into the
  /// index, which the next start corrects.
  public func close() async {
    let writer = memory.withLock { memory in
      memory.isClosed = true
      defer { memory.indexWriter = nil }
      return memory.indexWriter
    }
    writer?.cancel()
    await writer?.value
    await writeIndex()
  }

  /// Whether a conversation was deleted here; nobody may bring it back from the agent's database (invariant 21).
  public func isDeleted(_ id: SessionID) -> Bool {
    memory.withLock { $0.tombstones.contains(id) }
  }

  /// Takes a conversation into memory that has no file yet; the first ``edit(_:touch:_:)`` that changes it writes it.
  ///
  /// At most 1,000 such are kept, each for 30 minutes since it was last used; then the oldest are forgotten.
  public func create(_ document: SessionDocument) async -> SessionSummary {
    let summary = SessionSummary(of: document, fallbackTime: now())
    memory.withLock { memory in
      memory.shells.add(document, now: .now)
      memory.tombstones.remove(document.id)
    }
    return summary
  }
}
