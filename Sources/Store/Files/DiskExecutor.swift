import Dispatch
import Synchronization

/// Runs work that waits for a disk, away from the threads that serve requests (architecture, idea 5).
///
/// At most `width` pieces run at once. The others wait in line; the line is as long as there are requests under way,
/// which the engine bounds.
public final class DiskExecutor: Sendable {
  private struct Line {
    /// Work in line; nil where it was taken, so that what it holds on to is free when it has run.
    var waiting: [(@Sendable () -> Void)?] = []
    var next = 0
    var running = 0

    mutating func takeNext() -> (@Sendable () -> Void)? {
      guard next < waiting.count else {
        waiting.removeAll(keepingCapacity: true)
        next = 0
        return nil
      }
      defer { next += 1 }
      // A line that is never empty must not grow for ever either.
      if next >= 1024 && next * 2 >= waiting.count {
        waiting.removeFirst(next)
        next = 0
      }
      let work = waiting[next]
      waiting[next] = nil
      return work
    }
  }

  private let line = Mutex(Line())
  private let width: Int
  private let queue: DispatchQueue

  /// An executor of its own.
  ///
  /// - Parameter width: How many pieces of work may run at once.
  public init(label: String = "caduceus.disk", width: Int = 4) {
    self.width = width
    queue = DispatchQueue(label: label, qos: .userInitiated, attributes: .concurrent)
  }

  /// Runs `work` on a thread that may block, and waits for it without holding a thread.
  public func run<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
      submit { continuation.resume(with: Result(catching: work)) }
    }
  }

  /// Puts work in line; what it returns is its own business.
  func submit(_ work: @escaping @Sendable () -> Void) {
    let starts = line.withLock { line in
      line.waiting.append(work)
      guard line.running < width else { return false }
      line.running += 1
      return true
    }
    if starts { queue.async { self.workThroughLine() } }
  }

  private func workThroughLine() {
    while let work = takeNext() { work() }
  }

  private func takeNext() -> (@Sendable () -> Void)? {
    line.withLock { line in
      guard let work = line.takeNext() else {
        line.running -= 1
        return nil
      }
      return work
    }
  }
}
