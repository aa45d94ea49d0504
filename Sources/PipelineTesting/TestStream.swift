public import HTTPTypes

/// An event stream as a client sees it.
public final class TestStream: Sendable {
  /// The status code of the answer.
  public let status: Int
  /// The header fields of the answer.
  public let fields: HTTPFields

  private let events: AsyncStream<TestEvent>
  private let hangUp: @Sendable () -> Void

  init(status: Int, fields: HTTPFields, events: AsyncStream<TestEvent>, hangUp: @escaping @Sendable () -> Void) {
    self.status = status
    self.fields = fields
    self.events = events
    self.hangUp = hangUp
  }

  deinit { hangUp() }

  /// Reads until an event satisfies `isLast` (which is kept) or the stream ends.
  ///
  /// - Parameter seconds: After so long without the last event the client hangs up and what came is returned.
  public func read(
    atMost seconds: Double = 20, until isLast: @escaping @Sendable (TestEvent) -> Bool = { _ in false }
  ) async -> [TestEvent] {
    let hangUp = hangUp
    let limit = Task {
      try await Task.sleep(for: .seconds(seconds))
      hangUp()
    }
    defer { limit.cancel() }
    var collected: [TestEvent] = []
    for await event in events {
      collected.append(event)
      if isLast(event) { break }
    }
    return collected
  }

  /// Leaves, as a client that closes its tab.
  public func close() { hangUp() }
}

/// One block of an event stream.
public struct TestEvent: Sendable, Equatable {
  /// The `id:` line.
  public var id: String?
  /// The `event:` line; empty for a comment.
  public var name = ""
  /// The `data:` lines.
  public var data = ""
  /// The text of a comment block.
  public var comment: String?
}

/// Takes a stream's bytes apart, however they were split on the way.
struct TestEventParser {
  private var pending: [UInt8] = []

  mutating func feed(_ bytes: some Sequence<UInt8>) -> [TestEvent] {
    pending.append(contentsOf: bytes)
    var events: [TestEvent] = []
    while let end = pending.firstRange(of: [0x0A, 0x0A]) {
      events.append(TestEventParser.event(String(decoding: pending[..<end.lowerBound], as: UTF8.self)))
      pending.removeSubrange(..<end.upperBound)
    }
    return events
  }

  private static func event(_ block: String) -> TestEvent {
    var event = TestEvent()
    var data: [Substring] = []
    for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(":") { event.comment = line.dropFirst().drop { $0 == " " }.description }
      if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
      if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
      if line.hasPrefix("data: ") { data.append(line.dropFirst(6)) }
    }
    event.data = data.joined(separator: "\n")
    return event
  }
}
