/// Finds where the parts of a JSON text stand, without making values of them.
///
/// Ten times faster than parsing (design: "a message is bytes until somebody must look inside"). It checks that
/// brackets and strings are complete, not every rule of the grammar: a truncated text is noticed, a misspelled number
/// is not.
public struct JSONScanner {
  /// A member of an object: where its value stands.
  public struct Member: Sendable {
    /// The key, decoded.
    public let key: String
    /// The bytes of the value.
    public let value: Range<Int>
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position: Int

  private init(bytes: UnsafeBufferPointer<UInt8>, from position: Int) {
    self.bytes = bytes
    self.position = position
  }

  /// The members of the object that starts (after white space) at `offset`, up to and without the first key for which
  /// `until` is true; its value is not looked at.
  ///
  /// - Returns: The members in order, and the offset of the value that `until` stopped at (nil when the object ended).
  /// - Throws: ``JSONParseError`` when the text is no object or ends too early.
  public static func members(
    of bytes: some Collection<UInt8>, at offset: Int = 0, until stop: (String) -> Bool = { _ in false }
  ) throws(JSONParseError) -> (members: [Member], stoppedAt: Int?) {
    try withBytes(bytes) { (buffer: UnsafeBufferPointer<UInt8>) throws(JSONParseError) in
      var scanner = JSONScanner(bytes: buffer, from: offset)
      return try scanner.scanMembers(until: stop)
    }
  }

  /// The ranges of the elements of the array that starts (after white space) at `offset`.
  ///
  /// - Throws: ``JSONParseError`` when there is no array or the text ends too early.
  public static func elements(of bytes: some Collection<UInt8>, at offset: Int = 0) throws(JSONParseError) -> [Range<
    Int
  >] {
    try withBytes(bytes) { (buffer: UnsafeBufferPointer<UInt8>) throws(JSONParseError) in
      var scanner = JSONScanner(bytes: buffer, from: offset)
      return try scanner.scanElements()
    }
  }

  private static func withBytes<Result>(
    _ bytes: some Collection<UInt8>,
    _ body: (UnsafeBufferPointer<UInt8>) throws(JSONParseError) -> Result
  ) throws(JSONParseError) -> Result {
    let outcome = bytes.withContiguousStorageIfAvailable { buffer in
      Swift.Result { () throws(JSONParseError) in try body(buffer) }
    }
    if let outcome { return try outcome.get() }
    return try Array(bytes).withUnsafeBufferPointer { buffer in
      Swift.Result { () throws(JSONParseError) in try body(buffer) }
    }.get()
  }

  private mutating func scanMembers(
    until stop: (String) -> Bool
  ) throws(JSONParseError) -> (members: [Member], stoppedAt: Int?) {
    var members: [Member] = []
    skipSpace()
    try expect(UInt8(ascii: "{"), "an object must stand here")
    skipSpace()
    if peek() == UInt8(ascii: "}") {
      position += 1
      return (members, nil)
    }
    while true {
      skipSpace()
      let keyStart = position
      guard peek() == UInt8(ascii: "\"") else { throw failure("a key in double quotes must stand here") }
      try skipString()
      let key = try decodeKey(keyStart..<position)
      skipSpace()
      try expect(UInt8(ascii: ":"), "a colon must stand after a key")
      skipSpace()
      if stop(key) { return (members, position) }
      let start = position
      try skipValue()
      members.append(Member(key: key, value: start..<position))
      skipSpace()
      if peek() == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "}"), "a comma or a closing brace must stand here")
      return (members, nil)
    }
  }

  private mutating func scanElements() throws(JSONParseError) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    skipSpace()
    try expect(UInt8(ascii: "["), "an array must stand here")
    skipSpace()
    if peek() == UInt8(ascii: "]") { return elements }
    while true {
      skipSpace()
      let start = position
      try skipValue()
      elements.append(start..<position)
      skipSpace()
      if peek() == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "]"), "a comma or a closing bracket must stand here")
      return elements
    }
  }

  /// Steps over one value: brackets are counted, strings are skipped whole.
  private mutating func skipValue() throws(JSONParseError) {
    guard let first = peek() else { throw failure("the text ends where a value must stand") }
    switch first {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer()
    case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"):
      throw failure("a value cannot start here")
    default:
      while let byte = peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]"),
        !isJSONSpace(byte)
      {
        position += 1
      }
    }
  }

  private mutating func skipContainer() throws(JSONParseError) {
    // A stack of one bit a level would do; the closing bytes say in an error what was left open.
    var closing: [UInt8] = []
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        try skipString()
        continue
      case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard closing.popLast() == byte else { throw failure("a bracket that closes nothing") }
        if closing.isEmpty {
          position += 1
          return
        }
      default: break
      }
      position += 1
    }
    throw failure("the text ends inside an array or an object")
  }

  private mutating func skipString() throws(JSONParseError) {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return
      }
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    position = bytes.count
    throw failure("the text ends inside a string")
  }

  private func decodeKey(_ range: Range<Int>) throws(JSONParseError) -> String {
    let quoted = bytes[range]
    if !quoted.contains(UInt8(ascii: "\\")), let key = String(validating: quoted.dropFirst().dropLast(), as: UTF8.self)
    {
      return key
    }
    var parser = JSONParser(bytes: ContiguousArray(quoted), limits: .files)
    guard case .string(let key) = try parser.parseDocument() else { throw failure("a key must be a string") }
    return key
  }

  private mutating func skipSpace() {
    while let byte = peek(), isJSONSpace(byte) { position += 1 }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func expect(_ byte: UInt8, _ reason: String) throws(JSONParseError) {
    guard peek() == byte else { throw failure(reason) }
    position += 1
  }

  private func failure(_ reason: String) -> JSONParseError { JSONParseError(offset: position, reason: reason) }
}
