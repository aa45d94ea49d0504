/// Which conversations continue which: chains of parents, cut where one was branched off on purpose.
struct SessionLineages {
  private let parents: [SessionID: SessionID]
  private var withMessages: [SessionID: Int] = [:]

  init(_ entries: [SessionListEntry]) {
    parents = Dictionary(entries.compactMap { entry in entry.isFork ? nil : entry.parent.map { (entry.id, $0) } }) {
      first, _ in first
    }
    for entry in entries where entry.messageCount > 0 { withMessages[root(of: entry.id), default: 0] += 1 }
  }

  /// Whether a hidden conversation is kept, because without it nothing of its lineage would be seen (wire 1.1, 2).
  func isOnlyOneWithMessages(_ entry: SessionListEntry) -> Bool {
    entry.messageCount > 0 && withMessages[root(of: entry.id)] == 1
  }

  /// The oldest ancestor. Two that name each other as parent end the search.
  private func root(of session: SessionID) -> SessionID {
    var root = session
    var seen: Set<SessionID> = [session]
    while let parent = parents[root], seen.insert(parent).inserted { root = parent }
    return root
  }
}
