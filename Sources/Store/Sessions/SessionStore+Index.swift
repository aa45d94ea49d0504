import Logging
import Synchronization

extension SessionStore {
  /// How long changes are collected before the index is written.
  private static let indexDelay = Duration.seconds(1)

  /// Has the index written soon; it is a cache, and nothing waits for it.
  func scheduleIndex() {
    memory.withLock { memory in
      memory.isIndexStale = true
      if memory.isClosed || memory.indexWriter != nil { return }
      memory.indexWriter = Task { [weak self] in
        try? await Task.sleep(for: Self.indexDelay)  // Cancelled only by close, which writes the index itself.
        if Task.isCancelled { return }
        self?.memory.withLock { $0.indexWriter = nil }
        await self?.writeIndex()
      }
    }
  }

  func writeIndex() async {
    let summaries: [SessionSummary]? = memory.withLock { memory in
      defer { memory.isIndexStale = false }
      return memory.isIndexStale ? memory.entries.values.map(\.summary) : nil
    }
    guard let summaries else { return }
    do {
      try await disk.run { [layout] in
        try AtomicFile.replace(layout.indexFile, with: SessionIndex.encode(summaries), temporaryStem: "_index")
      }
    } catch {
      logger.warning("the index of the conversations was not written", metadata: ["error": "\(error)"])
      memory.withLock { $0.isIndexStale = true }
    }
  }
}
