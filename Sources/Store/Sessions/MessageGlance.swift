import JSON

/// What a message is, found by its top-level keys without making values of the others.
struct MessageGlance {
  /// Who speaks.
  enum Role { case user, assistant, tool, other }

  private(set) var role = Role.other
  /// Seconds since 1970; numbers and numbers spelled as text (invariant 38).
  private(set) var timestamp: Double?
  /// Which tool call a tool row answers.
  private(set) var toolCallID: String?
  private var isPartial = false
  private var isEmpty = true

  /// Whether it counts in a window: no tool row, no partial row in which nothing stands (wire 1.2).
  var isVisible: Bool { role != .tool && !(isPartial && isEmpty) }

  init(_ message: JSONFragment) {
    // A message that is no object is passed on as it stands; there is nothing to know of it.
    guard let members = try? JSONScanner.members(of: message.bytes).members else { return }
    let start = message.bytes.startIndex
    for member in members {
      note(member.key, message.bytes[start + member.value.lowerBound..<start + member.value.upperBound])
    }
  }

  private mutating func note(_ key: String, _ value: ArraySlice<UInt8>) {
    switch key {
    case "role": role = Self.role(value)
    case "timestamp", "_ts": timestamp = timestamp ?? Self.number(value)
    case "tool_call_id": toolCallID = Self.string(value)
    case "_partial": isPartial = value.first == UInt8(ascii: "t")
    case "content", "reasoning", "_partial_tool_calls": if !Self.isNothing(value) { isEmpty = false }
    default: break
    }
  }

  private static func role(_ value: ArraySlice<UInt8>) -> Role {
    if value.elementsEqual(#""user""#.utf8) { return .user }
    if value.elementsEqual(#""assistant""#.utf8) { return .assistant }
    return value.elementsEqual(#""tool""#.utf8) ? .tool : .other
  }

  private static func number(_ value: ArraySlice<UInt8>) -> Double? {
    let digits = value.first == UInt8(ascii: "\"") ? value.dropFirst().dropLast() : value
    guard let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else { return nil }
    return number
  }

  private static func string(_ value: ArraySlice<UInt8>) -> String? {
    // An id that cannot be read answers no call.
    (try? JSONValue(parsing: value, limits: .files))?.string
  }

  private static func isNothing(_ value: ArraySlice<UInt8>) -> Bool {
    ["null", "\"\"", "[]", "{}", "false"].contains { value.elementsEqual($0.utf8) }
  }
}
