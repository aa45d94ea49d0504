import Synchronization

/// A number that several tasks of a test look at.
final class Counter: Sendable {
  private let number: Mutex<Int>

  /// A counter.
  init(_ number: Int = 0) {
    self.number = Mutex(number)
  }

  /// The number.
  var value: Int {
    get { number.withLock { $0 } }
    set { number.withLock { $0 = newValue } }
  }
}
