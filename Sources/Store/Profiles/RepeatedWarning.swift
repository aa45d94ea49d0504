import Logging
import Synchronization

/// Warnings about things that every request would run into again: each is logged once a minute.
final class RepeatedWarning: Sendable {
  private let logger: Logger
  private let interval: Duration
  private let lastTimes = Mutex<[String: ContinuousClock.Instant]>([:])

  init(logger: Logger, interval: Duration = .seconds(60)) {
    self.logger = logger
    self.interval = interval
  }

  /// Logs a sentence about a subject, unless the subject was warned of within the interval.
  func callAsFunction(about subject: String, _ sentence: @autoclosure () -> String) {
    let now = ContinuousClock.now
    let isDue = lastTimes.withLock { times in
      if let last = times[subject], now - last < interval { return false }
      if times.count >= 256 { times.removeAll() }
      times[subject] = now
      return true
    }
    if isDue { logger.warning("\(sentence())") }
  }
}
