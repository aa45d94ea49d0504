/// Conversations without a file: a bounded number, for a bounded time (wire 1.5).
struct SessionShells {
  static let capacity = 1000
  static let idleLimit = Duration.seconds(30 * 60)

  private var shells: [SessionID: (document: SessionDocument, lastUse: ContinuousClock.Instant)] = [:]

  var count: Int { shells.count }

  mutating func add(_ document: SessionDocument, now: ContinuousClock.Instant) {
    shells = shells.filter { now - $0.value.lastUse < Self.idleLimit }
    shells[document.id] = (document, now)
    while shells.count > Self.capacity, let oldest = shells.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      shells[oldest.key] = nil
    }
  }

  /// The conversation, which counts as used now.
  mutating func use(_ session: SessionID, now: ContinuousClock.Instant) -> SessionDocument? {
    guard let shell = shells[session] else { return nil }
    guard now - shell.lastUse < Self.idleLimit else {
      shells[session] = nil
      return nil
    }
    shells[session]?.lastUse = now
    return shell.document
  }

  mutating func remove(_ session: SessionID) -> Bool {
    shells.removeValue(forKey: session) != nil
  }
}
