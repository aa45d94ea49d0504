/// Names of things that become paths. Each can only be made from a text that is safe as one, so that no id of a
/// request, a file name, an index or a database reaches the file system unchecked (invariant 56).

/// A conversation: letters, digits, `_` and `-` (domain 1.2), but no `_` in front: what begins with it in the folder of
/// the conversations is none, such as the index (domain 1.1).
public struct SessionID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as text.
  public let text: String

  /// Nil when the text is no id: empty, longer than 128 bytes, or with any other character.
  public init?(_ text: String) {
    guard isSafeName(text), !text.hasPrefix("_") else { return nil }
    self.text = text
  }

  /// A new id: 12 random hexadecimal digits.
  public static func random() -> SessionID {
    SessionID(trusting: randomHexadecimal(digits: 12))
  }

  private init(trusting text: String) { self.text = text }

  /// The id as text.
  public var description: String { text }
  /// Orders by text.
  public static func < (left: SessionID, right: SessionID) -> Bool { left.text < right.text }
}

/// One turn and its stream of events; "run id" in the journals.
public struct StreamID: Hashable, Sendable, CustomStringConvertible {
  /// The id as text.
  public let text: String

  /// Nil when the text is no id: empty, longer than 128 bytes, or with a character that is no letter, digit, `_`, `-`.
  public init?(_ text: String) {
    guard isSafeName(text) else { return nil }
    self.text = text
  }

  /// A new id: 32 random hexadecimal digits.
  public static func random() -> StreamID {
    StreamID(trusting: randomHexadecimal(digits: 32))
  }

  private init(trusting text: String) { self.text = text }

  /// The id as text.
  public var description: String { text }
}

/// A project: 12 hexadecimal digits when made here, any safe name when read.
public struct ProjectID: Hashable, Sendable, CustomStringConvertible {
  /// The id as text.
  public let text: String

  /// Nil when the text is no safe name.
  public init?(_ text: String) {
    guard isSafeName(text) else { return nil }
    self.text = text
  }

  /// The id as text.
  public var description: String { text }
}

/// A profile: `default`, or `[a-z0-9][a-z0-9_-]{0,63}` (domain 1.8).
public struct ProfileName: Hashable, Sendable, CustomStringConvertible {
  /// The name as text.
  public let text: String

  /// The profile that lives in the base home.
  public static let root = ProfileName(trusting: "default")

  /// Nil when the text is no name; then it must be treated as absent, never as a path (invariant 57).
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard (1...64).contains(bytes.count), isLowerAlphanumeric(bytes[0]) else { return nil }
    guard bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }) else {
      return nil
    }
    self.text = text
  }

  private init(trusting text: String) { self.text = text }

  /// The name as text.
  public var description: String { text }
}

private func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

/// A file name may have 255 bytes; 128 leaves room for `.json.bak.tmp.<pid>.<tid>`.
private func isSafeName(_ text: String) -> Bool {
  let bytes = text.utf8
  return (1...128).contains(bytes.count)
    && bytes.allSatisfy { byte in
      isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// Random digits from the system's generator.
public func randomHexadecimal(digits: Int) -> String {
  var generator = SystemRandomNumberGenerator()
  return String((0..<digits).map { _ in "0123456789abcdef".randomElement(using: &generator) ?? "0" })
}
