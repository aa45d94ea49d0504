/// Writes JSON values as bytes, in the three spellings that this system's files and answers have. Text that is not
/// ASCII stays as it is.
public struct JSONWriter: Sendable {
  /// Where white space stands.
  public enum Style: Sendable {
    /// None: `{"a":1,"b":2}`.
    case compact
    /// After commas and colons, on one line: `{"a": 1, "b": 2}`. Event streams use it (wire-sessions-chat 0.7).
    case spaced
    /// Two spaces a level, a line a member. Files and most answers use it (domain 1.3).
    case indented
  }

  /// The bytes written so far.
  public private(set) var bytes: [UInt8] = []
  private let style: Style

  /// A writer with nothing written.
  public init(style: Style, reservingCapacity capacity: Int = 0) {
    self.style = style
    bytes.reserveCapacity(capacity)
  }

  /// Writes a value whose lines after the first are indented for the given depth.
  public mutating func write(_ value: JSONValue, depth: Int = 0) {
    switch value {
    case .null: append("null")
    case .bool(true): append("true")
    case .bool(false): append("false")
    case .number(let number): bytes.append(contentsOf: number.literal.utf8)
    case .string(let text): write(string: text)
    case .fragment(let fragment): write(fragment)
    case .array(let elements):
      writeContainer(elements, open: "[", close: "]", depth: depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let object): write(object, depth: depth)
    }
  }

  /// Writes an object.
  public mutating func write(_ object: JSONObject, depth: Int = 0) {
    writeContainer(object, open: "{", close: "}", depth: depth) { writer, member in
      writer.write(string: member.key)
      writer.append(writer.style == .compact ? ":" : ": ")
      writer.write(member.value, depth: depth + 1)
    }
  }

  /// A fragment stands as it was read; only in the styles of one line its line breaks and what they indent are left
  /// out. They can only be white space, because a string has none.
  private mutating func write(_ fragment: JSONFragment) {
    var rest = fragment.bytes
    while style != .indented, let lineBreak = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      bytes.append(contentsOf: rest[..<lineBreak])
      rest = rest[lineBreak...].drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 || $0 == 0x09 }
    }
    bytes.append(contentsOf: rest)
  }

  private mutating func writeContainer<Elements: Sequence>(
    _ elements: Elements, open: StaticString, close: StaticString, depth: Int,
    each: (inout JSONWriter, Elements.Element) -> Void
  ) {
    append(open)
    var isFirst = true
    for element in elements {
      if !isFirst { append(style == .spaced ? ", " : ",") }
      if style == .indented { appendLine(depth: depth + 1) }
      isFirst = false
      each(&self, element)
    }
    if style == .indented && !isFirst { appendLine(depth: depth) }
    append(close)
  }

  private mutating func write(string: String) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { text in
      var runStart = 0
      for index in text.indices {
        let byte = text[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: text[runStart..<index])
        appendEscape(of: byte)
        runStart = index + 1
      }
      bytes.append(contentsOf: text[runStart...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscape(of byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x08: append("\\b")
    case 0x09: append("\\t")
    case 0x0A: append("\\n")
    case 0x0C: append("\\f")
    case 0x0D: append("\\r")
    default:
      append("\\u00")
      let digits: StaticString = "0123456789abcdef"
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 15)])
    }
  }

  private mutating func appendLine(depth: Int) {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}

extension JSONValue {
  /// The value as bytes.
  public func bytes(_ style: JSONWriter.Style) -> [UInt8] {
    var writer = JSONWriter(style: style)
    writer.write(self)
    return writer.bytes
  }

  /// The value as text on one line, for logs and tests.
  public var text: String { String(decoding: bytes(.spaced), as: UTF8.self) }
}

extension JSONObject {
  /// The object as bytes.
  public func bytes(_ style: JSONWriter.Style) -> [UInt8] {
    JSONValue.object(self).bytes(style)
  }
}
