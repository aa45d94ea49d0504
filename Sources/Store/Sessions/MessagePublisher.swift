import Foundation
import JSON

/// Makes of a stored message what clients may see of it (wire 0.8 and 1.2).
struct MessagePublisher {
  /// Keys that never leave the server.
  static let privateKeys = [
    "api_content", "_row_id", "_state_db_row_id", "_db_row_id", "state_db_row_id", "_active_turn_token",
    "_active_turn_user", "_fork_child_turn",
  ]

  /// Every private key holds one of these, split at its first underscore; a message without them is passed on unopened.
  private static let marks: [(before: [UInt8], after: [UInt8])] = [
    ("api", "_content\""), ("", "_row_id\""), ("", "_active_turn_"), ("", "_fork_child_turn\""),
  ].map { (Array($0.utf8), Array($1.utf8)) }

  /// The stream of the turn that is running, by what the conversation says.
  let runningStream: StreamID?
  /// Whether long contents of tool rows are cut.
  let clipsTools: Bool

  func publish(_ message: JSONFragment) -> JSONValue {
    let mayBeLong = clipsTools && message.bytes.count > TranscriptPage.longestToolContent
    let mayBeNoJSON = Self.hasNonFinite(message.bytes)
    guard mayBeLong || mayBeNoJSON || Self.isMarked(message.bytes) else {
      return .fragment(message)
    }
    // Without a value there is nothing to hide or to mend, and the message is passed on as it stands.
    guard let value = try? JSONValue(parsing: message.bytes, limits: .files) else { return .fragment(message) }
    guard var object = value.object else { return mayBeNoJSON ? value : .fragment(message) }
    let token = object["_active_turn_token"]?.string
    Self.strip(&object)
    if let runningStream, let token, token.hasPrefix("\(runningStream):"), object["role"]?.string == "user" {
      object["_active_turn_user"] = true
    }
    if mayBeLong { Self.clip(&object) }
    return .object(object)
  }

  private static func strip(_ object: inout JSONObject) {
    for key in privateKeys { object[key] = nil }
    guard let calls = object["tool_calls"]?.array else { return }
    object["tool_calls"] = .array(
      calls.map { call in
        guard var call = call.object else { return call }
        for key in privateKeys { call[key] = nil }
        return .object(call)
      })
  }

  private static func clip(_ object: inout JSONObject) {
    guard object["role"]?.string == "tool", let content = object["content"]?.string else { return }
    let characters = content.unicodeScalars
    let rest = characters.count - TranscriptPage.longestToolContent
    guard rest > 0 else { return }
    let cut = characters.index(characters.startIndex, offsetBy: TranscriptPage.longestToolContent)
    object["content"] = .string("\(content[..<cut])\n\n[\(rest) more characters are in the full transcript]")
    object["_content_truncated"] = true
    object["_content_original_chars"] = .int(TranscriptPage.longestToolContent + rest)
  }

  /// Whether `NaN` or `Infinity` stands in the bytes. Python writes them; where they stand as values, a browser cannot
  /// read the answer that holds them.
  private static func hasNonFinite(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { buffer in
      nonFinite.contains { word in
        contains(word[0], in: buffer) { buffer[$0...].starts(with: word) }
      }
    }
  }

  private static let nonFinite = ["NaN", "Infinity"].map { Array($0.utf8) }

  /// Whether a mark stands in the bytes. Underscores are rare, and finding them is what a processor does fastest.
  private static func isMarked(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { buffer in
      contains(UInt8(ascii: "_"), in: buffer) { index in
        marks.contains { mark in
          buffer[..<index].suffix(mark.before.count).elementsEqual(mark.before)
            && buffer[index...].starts(with: mark.after)
        }
      }
    }
  }

  /// Whether a byte stands at an index of which something is true.
  private static func contains(
    _ byte: UInt8, in buffer: UnsafeRawBufferPointer, where isWanted: (Int) -> Bool
  ) -> Bool {
    guard let base = buffer.baseAddress else { return false }
    var position = 0
    while position < buffer.count, let found = memchr(base + position, Int32(byte), buffer.count - position) {
      let index = UnsafeRawPointer(found) - base
      if isWanted(index) { return true }
      position = index + 1
    }
    return false
  }
}
