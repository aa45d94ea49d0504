/// Reads an event stream (WHATWG HTML, section 9.2.6) whose bytes come in pieces that are cut anywhere.
///
/// Lines may end with LF, CR or CRLF. Comments, `id` and `retry` are passed over. Beyond the standard, a field `error`
/// counts as the data of an event named `error`, because some model servers write that.
struct ServerSentEventParser {
  /// One event.
  struct Event: Equatable {
    /// The `event` field; empty when there was none.
    var name = ""
    /// The `data` lines, joined with line feeds.
    var data: [UInt8] = []
  }

  /// A line, or the data of one event, is longer than the limit. Nothing can be read after it.
  struct TooLong: Error, Equatable {}

  /// Whether a line was there that only an event stream has: a field or a comment.
  private(set) var isEventStream = false

  private let limit: Int
  private var line: [UInt8] = []
  private var event = Event()
  private var hasData = false
  private var isAfterCarriageReturn = false
  private var isFirstLine = true

  /// A parser at the beginning of a stream.
  ///
  /// - Parameter limit: How many bytes a line, and the data of one event, may have.
  init(limit: Int = 1 << 20) {
    self.limit = limit
  }

  /// Reads on.
  ///
  /// - Returns: The events that became complete.
  /// - Throws: ``TooLong``.
  mutating func consume(_ bytes: [UInt8]) throws(TooLong) -> [Event] {
    var events: [Event] = []
    var position = 0
    while position < bytes.count {
      if isAfterCarriageReturn {
        isAfterCarriageReturn = false
        if bytes[position] == UInt8(ascii: "\n") {
          position += 1
          continue
        }
      }
      let end = bytes[position...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.count
      if line.count + (end - position) > limit { throw TooLong() }
      line.append(contentsOf: bytes[position..<end])
      position = end
      guard end < bytes.count else { break }
      isAfterCarriageReturn = bytes[end] == UInt8(ascii: "\r")
      position += 1
      if let event = try endLine() { events.append(event) }
    }
    return events
  }

  /// The event that the stream ended in the middle of: the standard drops it, but servers forget the last empty line.
  mutating func finish() throws(TooLong) -> Event? {
    if !line.isEmpty, let event = try endLine() { return event }
    return try endLine()
  }

  private mutating func endLine() throws(TooLong) -> Event? {
    defer { line.removeAll(keepingCapacity: true) }
    var content = line[...]
    if isFirstLine {
      isFirstLine = false
      if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    }
    if content.isEmpty {
      defer {
        event = Event()
        hasData = false
      }
      return hasData ? event : nil
    }
    let colon = content.firstIndex(of: UInt8(ascii: ":")) ?? content.endIndex
    var value = content[colon...].dropFirst()
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    switch String(decoding: content[..<colon], as: UTF8.self) {
    case "data": try append(value)
    case "event": event.name = String(decoding: value, as: UTF8.self)
    case "error":
      event.name = "error"
      try append(value)
    case "", "id", "retry": break
    default: return nil
    }
    isEventStream = true
    return nil
  }

  private mutating func append(_ value: ArraySlice<UInt8>) throws(TooLong) {
    if event.data.count + value.count + 1 > limit { throw TooLong() }
    if hasData { event.data.append(UInt8(ascii: "\n")) }
    event.data.append(contentsOf: value)
    hasData = true
  }
}
