import JSON

/// The lines of a journal that are events of its run, each parsed when it is reached.
struct RunJournalLines: Sequence {
  /// A line.
  struct Line {
    let sequence: Int
    let id: String
    let name: String
    let terminalState: String?
    let event: JournaledEvent
  }

  private let bytes: [UInt8]
  private let stream: StreamID
  /// Only lines that end with a line feed: the last one may be half written.
  private let ranges: [Range<Int>]

  init(bytes: [UInt8], stream: StreamID) {
    self.bytes = bytes
    self.stream = stream
    var ranges: [Range<Int>] = []
    var start = 0
    while start < bytes.count, let end = bytes[start...].firstIndex(of: 0x0A) {
      ranges.append(start..<end)
      start = end + 1
    }
    self.ranges = ranges
  }

  func makeIterator() -> AnyIterator<Line> {
    var iterator = lines(ranges).makeIterator()
    return AnyIterator { iterator.next() }
  }

  /// The lines from the last to the first; none is parsed that is not reached.
  func reversed() -> some Sequence<Line> { lines(ranges.reversed()) }

  private func lines(_ ranges: some Collection<Range<Int>>) -> some Sequence<Line> {
    ranges.lazy.compactMap { line(at: $0) }
  }

  private func line(at range: Range<Int>) -> Line? {
    // A line that does not parse is skipped: a crash can leave one anywhere (domain 1.9).
    guard let value = try? JSONValue(parsing: bytes[range], limits: .files),
      let sequence = value["seq"]?.int, sequence > 0, let name = value["event"]?.string,
      let members = try? JSONScanner.members(of: bytes, at: range.lowerBound).members,
      let payload = members.last(where: { $0.key == "payload" })
    else { return nil }
    let isToolLimit = value["terminal_state"]?.string == "tool_limit_reached"
    let id = value["event_id"]?.string ?? "\(stream):\(sequence)"
    return Line(
      sequence: sequence, id: id, name: name,
      terminalState: RunEventKind.terminalState(
        name, type: value["payload"]?["type"]?.string, isToolLimit: isToolLimit),
      event: JournaledEvent(
        sequence: sequence, id: id, event: name, createdAt: value["created_at"]?.double ?? 0,
        payload: JSONFragment(trusting: bytes[payload.value])))
  }
}
