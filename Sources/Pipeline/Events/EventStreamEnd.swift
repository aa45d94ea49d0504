import Synchronization

/// Brings the beginning and the end of a stream into order: its ``EventStream/Ending`` runs once, after both the
/// stream has ended and the opening has said what it is.
final class EventStreamEnd: Sendable {
  private enum State {
    case opening
    case open(EventStream.Ending)
    case ended
  }

  private let state = Mutex(State.opening)

  /// The opening has returned.
  func began(_ ending: @escaping EventStream.Ending) {
    let isOver = state.withLock { state in
      if case .ended = state { return true }
      state = .open(ending)
      return false
    }
    if isOver { ending() }
  }

  /// The stream has ended.
  func end() {
    let ending: EventStream.Ending? = state.withLock { state in
      defer { state = .ended }
      if case .open(let ending) = state { return ending }
      return nil
    }
    ending?()
  }
}
