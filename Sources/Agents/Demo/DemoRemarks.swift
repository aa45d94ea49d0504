import Synchronization

/// Remarks that came while the demo was writing.
final class DemoRemarks: Sendable {
  /// How many may wait; more are refused.
  static let limit = 32

  private struct State {
    var texts: [String] = []
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Takes a remark. False when the answer is over or too many wait.
  func add(_ text: String) -> Bool {
    state.withLock { state in
      if state.isClosed || state.texts.count >= DemoRemarks.limit { return false }
      state.texts.append(text)
      return true
    }
  }

  /// Refuses all that come from now on.
  func close() {
    state.withLock { $0.isClosed = true }
  }

  /// The oldest remark. With none left the door is closed in the same step, so that no accepted remark is lost.
  func takeOrClose() -> String? {
    state.withLock { state in
      if state.texts.isEmpty {
        state.isClosed = true
        return nil
      }
      return state.texts.removeFirst()
    }
  }
}
