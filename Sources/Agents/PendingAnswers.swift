import Synchronization

/// The questions of one run that wait for an answer of the user.
final class PendingAnswers<Answer: Sendable>: Sendable {
  private enum Place {
    case asked
    case waiting(CheckedContinuation<Answer?, Never>)
    case answered(Answer)
  }

  private let places = Mutex<[String: Place]>([:])

  /// Gets ready for an answer. To be called before the question is published, because the answer may come before
  /// ``wait(for:atMost:)``.
  func expect(_ id: String) {
    places.withLock { $0[id] = .asked }
  }

  /// Gives an answer. False when nothing with this id waits for one.
  func answer(_ id: String, _ answer: Answer) -> Bool {
    let (isTaken, waiter) = places.withLock { places -> (Bool, CheckedContinuation<Answer?, Never>?) in
      switch places[id] {
      case .asked:
        places[id] = .answered(answer)
        return (true, nil)
      case .waiting(let continuation):
        places[id] = nil
        return (true, continuation)
      case .answered, nil: return (false, nil)
      }
    }
    waiter?.resume(returning: answer)
    return isTaken
  }

  /// Waits for the answer. Nil when none came in time, or when the task is cancelled.
  func wait(for id: String, atMost limit: Duration) async -> Answer? {
    let alarm = Task {
      // A cancelled sleep means that the answer came first; then there is nobody to wake.
      try? await Task.sleep(for: limit)
      if !Task.isCancelled { giveUp(id) }
    }
    defer { alarm.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (isOver, answer) = places.withLock { places -> (Bool, Answer?) in
          switch places[id] {
          // Cancellation is looked at under the lock that the handler below takes, so that neither can miss the other.
          case .asked where !Task.isCancelled:
            places[id] = .waiting(continuation)
            return (false, nil)
          case .answered(let answer):
            places[id] = nil
            return (true, answer)
          default:
            places[id] = nil
            return (true, nil)
          }
        }
        if isOver { continuation.resume(returning: answer) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func giveUp(_ id: String) {
    let waiter = places.withLock { places -> CheckedContinuation<Answer?, Never>? in
      // An answer that came first stays for the one who is about to wait.
      if case .answered = places[id] { return nil }
      let place = places.removeValue(forKey: id)
      if case .waiting(let continuation) = place { return continuation }
      return nil
    }
    waiter?.resume(returning: nil)
  }
}
