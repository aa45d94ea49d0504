import Glibc

extension RunJournals {
  /// How many runs of a conversation stay replayable. What they said is in the conversation; a journal is for those who
  /// follow a run, or come back to it soon.
  public static let keptRuns = 20

  /// Removes the journals of all but the newest runs of a conversation. Every journal holds a transcript, so without
  /// this they would outgrow the conversations. Waits for the disk.
  public func prune(session: SessionID) {
    let folder = layout.runJournals(session)
    let journals = Folder.names(in: folder).filter { $0.hasSuffix(".jsonl") }
    guard journals.count > Self.keptRuns else { return }
    let aged = journals.compactMap { name in
      FileStamp(of: "\(folder)/\(name)").map { (path: "\(folder)/\(name)", modified: $0.modified) }
    }
    for journal in aged.sorted(by: { $0.modified > $1.modified }).dropFirst(Self.keptRuns) { unlink(journal.path) }
  }
}
