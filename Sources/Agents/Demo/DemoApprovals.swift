import Synchronization

/// What users allowed the demo for longer than once.
final class DemoApprovals: Sendable {
  /// How many sessions are remembered; the oldest is forgotten first, and then asked again.
  static let limit = 1024

  private struct State {
    var isAlwaysAllowed = false
    var sessions: Set<String> = []
    var order: [String] = []
  }

  private let state = Mutex(State())

  /// Whether a session need not be asked.
  func isAllowed(in session: String) -> Bool {
    state.withLock { $0.isAlwaysAllowed || $0.sessions.contains(session) }
  }

  /// Keeps what a choice means for later turns.
  func remember(_ choice: ApprovalChoice, in session: String) {
    state.withLock { state in
      switch choice {
      case .always: state.isAlwaysAllowed = true
      case .session where state.sessions.insert(session).inserted:
        state.order.append(session)
        if state.order.count > DemoApprovals.limit { state.sessions.remove(state.order.removeFirst()) }
      case .session, .once, .deny: break
      }
    }
  }
}
