/// What a parser refuses besides errors of syntax.
public struct JSONLimits: Sendable {
  /// How deep arrays and objects may be nested; a body of `[[[[...` must not exhaust the stack.
  public var depth: Int
  /// How many bytes a number may have.
  public var numberLength: Int
  /// Reads `NaN`, `Infinity` and `-Infinity`, which Python writes, as `null` instead of refusing them.
  public var acceptsNonFinite: Bool
  /// How many values the text may have, those in arrays and objects included; each takes many times the memory of its
  /// bytes.
  public var values: Int

  /// Limits of your own.
  public init(depth: Int, numberLength: Int, acceptsNonFinite: Bool, values: Int) {
    self.depth = depth
    self.numberLength = numberLength
    self.acceptsNonFinite = acceptsNonFinite
    self.values = values
  }

  /// For requests: 128 levels, numbers of 512 bytes, 200,000 values.
  public static let standard = JSONLimits(depth: 128, numberLength: 512, acceptsNonFinite: false, values: 200_000)
  /// For files that another program wrote.
  public static let files = JSONLimits(depth: 512, numberLength: 4096, acceptsNonFinite: true, values: 50_000_000)
}

/// Why a text is no JSON, and where.
public struct JSONParseError: Error, Equatable, CustomStringConvertible {
  /// Distance from the first byte of the text, in bytes.
  public let offset: Int
  /// A phrase without data of the text in it.
  public let reason: String

  /// The sentence for the one who sent the text.
  public var description: String { "\(reason) at byte \(offset)" }
}

/// A recursive descent parser over bytes.
struct JSONParser {
  private let bytes: ContiguousArray<UInt8>
  private let limits: JSONLimits
  private var position = 0
  private var depth = 0
  private var values = 0

  init(bytes: ContiguousArray<UInt8>, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func parseDocument() throws(JSONParseError) -> JSONValue {
    // Editors on some systems put a byte order mark in front (RFC 8259 section 8.1 lets a parser ignore it).
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipSpace()
    let value = try parseValue()
    skipSpace()
    if position != bytes.count { throw failure("something follows the value") }
    return value
  }

  private mutating func parseValue() throws(JSONParseError) -> JSONValue {
    guard let byte = peek() else { throw failure("the text ends where a value must stand") }
    values += 1
    if values > limits.values { throw failure("more than \(limits.values) values") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try parseObject())
    case UInt8(ascii: "["): return .array(try parseArray())
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", as: .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", as: .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", as: .null)
    case UInt8(ascii: "N") where limits.acceptsNonFinite: return try parseWord("NaN", as: .null)
    case UInt8(ascii: "I") where limits.acceptsNonFinite: return try parseWord("Infinity", as: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw failure("a value cannot start here")
    }
  }

  private mutating func parseObject() throws(JSONParseError) -> JSONObject {
    try enter()
    var object = JSONObject()
    skipSpace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return object
    }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw failure("a key in double quotes must stand here") }
      let key = try parseString()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("a colon must stand after a key") }
      skipSpace()
      object[key] = try parseValue()
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) {
        depth -= 1
        return object
      }
      throw failure("a comma or a closing brace must stand here")
    }
  }

  private mutating func parseArray() throws(JSONParseError) -> [JSONValue] {
    try enter()
    var array: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return array
    }
    while true {
      skipSpace()
      array.append(try parseValue())
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) {
        depth -= 1
        return array
      }
      throw failure("a comma or a closing bracket must stand here")
    }
  }

  private mutating func enter() throws(JSONParseError) {
    position += 1
    depth += 1
    if depth > limits.depth { throw failure("nested more than \(limits.depth) levels deep") }
  }

  private mutating func parseWord(_ word: StaticString, as value: JSONValue) throws(JSONParseError) -> JSONValue {
    let matches = word.withUTF8Buffer { expected in
      bytes.count - position >= expected.count && bytes[position..<position + expected.count].elementsEqual(expected)
    }
    guard matches else { throw failure("a value cannot start here") }
    position += word.utf8CodeUnitCount
    return value
  }

  private mutating func parseNumber() throws(JSONParseError) -> JSONValue {
    let start = position
    if take(UInt8(ascii: "-")), limits.acceptsNonFinite, peek() == UInt8(ascii: "I") {
      return try parseWord("Infinity", as: .null)
    }
    if take(UInt8(ascii: "0")) {
      if let next = peek(), isDigit(next) { throw failure("a number cannot start with a zero") }
    } else {
      try takeDigits()
    }
    if take(UInt8(ascii: ".")) { try takeDigits() }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try takeDigits()
    }
    if position - start > limits.numberLength { throw failure("a number of more than \(limits.numberLength) digits") }
    return .number(JSONNumber(trusting: String(decoding: bytes[start..<position], as: UTF8.self)))
  }

  private mutating func takeDigits() throws(JSONParseError) {
    let start = position
    while let byte = peek(), isDigit(byte) { position += 1 }
    if position == start { throw failure("a digit must stand here") }
  }

  private mutating func parseString() throws(JSONParseError) -> String {
    position += 1
    let start = position
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") {
        let text = try decode(start..<position)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      if byte < 0x20 { throw failure("a control character in a string must be escaped") }
      position += 1
    }
    throw failure("the text ends inside a string")
  }

  private mutating func parseEscapedString(from start: Int) throws(JSONParseError) -> String {
    var text = try decode(start..<position)
    while let byte = peek() {
      if byte == UInt8(ascii: "\"") {
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") {
        position += 1
        text.unicodeScalars.append(try parseEscape())
        continue
      }
      let runStart = position
      while let next = peek(), next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") {
        if next < 0x20 { throw failure("a control character in a string must be escaped") }
        position += 1
      }
      text += try decode(runStart..<position)
    }
    throw failure("the text ends inside a string")
  }

  private mutating func parseEscape() throws(JSONParseError) -> Unicode.Scalar {
    guard let byte = peek() else { throw failure("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try parseUnicodeEscape()
    default: throw failure("unknown escape in a string")
    }
  }

  /// A lone surrogate, which Python writes and UTF-8 cannot hold, becomes U+FFFD.
  private mutating func parseUnicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
    let unit = try parseHex4()
    guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
    let rewind = position
    if take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try parseHex4()
      if (0xDC00..<0xE000).contains(low) {
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
      }
    }
    position = rewind
    return "\u{FFFD}"
  }

  private mutating func parseHex4() throws(JSONParseError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = hexadecimalValue(byte) else {
        throw failure("four hexadecimal digits must stand after \\u")
      }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }

  private func decode(_ range: Range<Int>) throws(JSONParseError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw JSONParseError(offset: range.lowerBound, reason: "a string that is no UTF-8")
    }
    return text
  }

  private mutating func skipSpace() {
    while let byte = peek(), isJSONSpace(byte) { position += 1 }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private func failure(_ reason: String) -> JSONParseError { JSONParseError(offset: position, reason: reason) }
}

func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

func isJSONSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
