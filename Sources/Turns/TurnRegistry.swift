import Store
import Synchronization

/// The turns that are under way: at most one a conversation (invariant 22).
final class TurnRegistry: Sendable {
  private struct State {
    var bySession: [SessionID: LiveTurn] = [:]
    var byStream: [StreamID: LiveTurn] = [:]
    var isClosed = false
  }

  /// What came of a reservation.
  enum Reservation {
    case reserved
    case taken(by: LiveTurn)
    case closed
  }

  private let state = Mutex(State())

  /// Takes the conversation for a turn. Of several at once exactly one gets it.
  func reserve(_ turn: LiveTurn) -> Reservation {
    state.withLock { state in
      if state.isClosed { return .closed }
      if let other = state.bySession[turn.session] { return .taken(by: other) }
      state.bySession[turn.session] = turn
      state.byStream[turn.id] = turn
      return .reserved
    }
  }

  /// Lets the next turn of the conversation begin: everything of this one is saved, and its last events are on their way.
  func free(_ turn: LiveTurn) {
    state.withLock { state in
      if state.bySession[turn.session] === turn { state.bySession[turn.session] = nil }
    }
  }

  /// Forgets a turn that is over.
  func release(_ turn: LiveTurn) {
    state.withLock { state in
      if state.bySession[turn.session] === turn { state.bySession[turn.session] = nil }
      state.byStream[turn.id] = nil
    }
  }

  func turn(_ stream: StreamID) -> LiveTurn? { state.withLock { $0.byStream[stream] } }
  func turn(of session: SessionID) -> LiveTurn? { state.withLock { $0.bySession[session] } }
  var all: [LiveTurn] { state.withLock { Array($0.byStream.values) } }

  /// No turn starts from now on.
  func close() { state.withLock { $0.isClosed = true } }
}
