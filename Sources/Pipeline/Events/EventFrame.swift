/// One event of a stream, encoded once and shared by all who get it.
public struct EventFrame: Sendable {
  let shared: SharedBytes

  /// An event (WHATWG HTML, section 9.2.6).
  ///
  /// - Parameters:
  ///   - id: What a client sends as `Last-Event-ID` when it comes back. One with a line break or NUL in it is left out,
  ///     because a client would ignore it.
  ///   - event: The event's name, one line.
  ///   - data: UTF-8. Line breaks of any kind become several `data:` lines.
  public init(id: String? = nil, event: String, data: some Collection<UInt8>) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + event.utf8.count + 96)
    if let id, !id.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) {
      bytes.append(contentsOf: "id: ".utf8)
      bytes.append(contentsOf: id.utf8)
      bytes.append(0x0A)
    }
    bytes.append(contentsOf: "event: ".utf8)
    bytes.append(contentsOf: event.utf8.filter { $0 != 0x0A && $0 != 0x0D })
    bytes.append(0x0A)
    EventFrame.appendLines(of: data, to: &bytes)
    bytes.append(0x0A)
    shared = SharedBytes(bytes)
  }

  /// A comment, which clients ignore.
  init(comment: String) {
    shared = SharedBytes(Array(": \(comment)\n\n".utf8))
  }

  /// The encoded frame.
  public var bytes: [UInt8] { shared.bytes }

  private static func appendLines(of data: some Collection<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "data: ".utf8)
    var previous: UInt8 = 0
    for byte in data {
      let isSecondHalf = byte == 0x0A && previous == 0x0D
      if (byte == 0x0A || byte == 0x0D) && !isSecondHalf {
        bytes.append(contentsOf: "\ndata: ".utf8)
      } else if !isSecondHalf {
        bytes.append(byte)
      }
      previous = byte
    }
    bytes.append(0x0A)
  }
}
