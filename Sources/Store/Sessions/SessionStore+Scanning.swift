import Foundation
import Logging
import Synchronization

extension SessionStore {
  /// What was known when a look at the folder began.
  struct Known: Sendable {
    let stamps: [SessionID: FileStamp]
    let broken: [SessionID: FileStamp]
    let folder: FileStamp?

    init(_ memory: Memory) {
      stamps = memory.entries.mapValues(\.stamp)
      broken = memory.broken
      folder = memory.folder
    }
  }

  /// What a look at the folder found.
  struct Found: Sendable {
    var entries: [SessionID: Entry] = [:]
    var broken: [SessionID: FileStamp] = [:]
    var present: Set<SessionID> = []
    var isIndexStale = false
  }

  /// Reads the heads of all files whose stamp is not the known one. Waits for the disk.
  func readAll(known: [SessionID: FileStamp], broken: [SessionID: FileStamp], hints: [SessionID: IndexHint]) -> Found {
    var found = Found()
    for id in files.ids() {
      guard let stamp = files.stamp(of: id) else { continue }
      found.present.insert(id)
      if known[id] == stamp || broken[id] == stamp { continue }
      do {
        let summary = try files.summary(id, stamp: stamp, hint: hints[id])
        found.entries[id] = Entry(stamp: stamp, summary: summary)
        reportOwnerless(summary)
        if hints[id]?.facts != summary.transcript { found.isIndexStale = true }
      } catch let error as FileError where error.isMissing {
        found.present.remove(id)
      } catch {
        found.broken[id] = stamp
        logger.error("a conversation's file cannot be used", metadata: ["session": "\(id)", "error": "\(error)"])
      }
    }
    if hints.keys.contains(where: { !found.present.contains($0) }) { found.isIndexStale = true }
    return found
  }

  /// Waits for the disk.
  func checkFolder(_ known: Known) {
    let folder = FileStamp(of: layout.sessionsDirectory)
    // A change in the same tick of the file system's clock as the last look would not move the time again.
    if let folder, folder == known.folder, now() - folder.modified > 0.05 { return }
    let found = readAll(known: known.stamps, broken: known.broken, hints: [:])
    let gone = known.stamps.filter { !found.present.contains($0.key) }
    let isChanged = memory.withLock { memory in
      for (id, entry) in found.entries where memory.entries[id]?.stamp == known.stamps[id] {
        if memory.tombstones.contains(id) { continue }
        memory.entries[id] = entry
        memory.list = nil
      }
      for (id, stamp) in gone where memory.entries[id]?.stamp == stamp {
        memory.entries[id] = nil
        memory.list = nil
      }
      memory.broken = known.broken.filter { found.present.contains($0.key) }.merging(found.broken) { $1 }
      for id in found.broken.keys where memory.entries[id]?.stamp == known.stamps[id] {
        memory.entries[id] = nil
        memory.list = nil
      }
      memory.folder = folder
      return memory.list == nil
    }
    if isChanged && (!found.entries.isEmpty || !gone.isEmpty) { scheduleIndex() }
  }
}
