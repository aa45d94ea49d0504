import Synchronization

/// One lock a conversation, given in the order of asking. Nobody holds a thread while waiting (invariants 29, 33).
final class SessionLocks: Sendable {
  private struct Waiter {
    let ticket: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct Lines {
    var held: Set<SessionID> = []
    var waiting: [SessionID: [Waiter]] = [:]
    var lastTicket = 0
  }

  private let lines = Mutex(Lines())

  /// Waits until nobody else holds the conversation's lock.
  ///
  /// - Throws: ``SessionBusy`` when that takes longer than `limit`.
  func acquire(_ session: SessionID, within limit: Duration) async throws(SessionBusy) {
    let isAcquired = await withCheckedContinuation { continuation in
      let ticket: Int? = lines.withLock { lines in
        if lines.held.insert(session).inserted { return nil }
        lines.lastTicket += 1
        lines.waiting[session, default: []].append(Waiter(ticket: lines.lastTicket, continuation: continuation))
        return lines.lastTicket
      }
      guard let ticket else { return continuation.resume(returning: true) }
      Task {
        try? await Task.sleep(for: limit)  // Nobody cancels this task.
        self.giveUp(session, ticket)
      }
    }
    if !isAcquired { throw SessionBusy(session: session) }
  }

  /// Gives the lock to whoever has waited longest.
  func release(_ session: SessionID) {
    let next: Waiter? = lines.withLock { lines in
      guard var line = lines.waiting[session], !line.isEmpty else {
        lines.held.remove(session)
        return nil
      }
      let next = line.removeFirst()
      lines.waiting[session] = line.isEmpty ? nil : line
      return next
    }
    next?.continuation.resume(returning: true)
  }

  private func giveUp(_ session: SessionID, _ ticket: Int) {
    let waiter: Waiter? = lines.withLock { lines in
      guard let place = lines.waiting[session]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
      return lines.waiting[session]?.remove(at: place)
    }
    waiter?.continuation.resume(returning: false)
  }
}
