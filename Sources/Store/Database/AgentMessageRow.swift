import Foundation
import GRDB
import JSON

/// A row of the agent's messages, as ``AgentSchema`` selects it: id, role, content, timestamp, the optional columns.
struct AgentMessageRow {
  /// The columns that an older database may not have, in the order of the members that they become (domain 2.4).
  static let optionalColumns = [
    "tool_call_id", "tool_calls", "tool_name", "reasoning", "reasoning_details", "codex_reasoning_items",
    "reasoning_content", "codex_message_items",
  ]
  private static let columnsOfJSON: Set<String> = [
    "tool_calls", "reasoning_details", "codex_reasoning_items", "codex_message_items",
  ]
  /// What content begins with that is not a string (domain 2.3).
  private static let structuredPrefix = Array("\0json:".utf8)

  private let row: Row

  init(_ row: Row) {
    self.row = row
  }

  /// The message, with only those optional members that the row has a value for.
  var message: AgentTranscript.Message {
    let role = String.fromDatabaseValue(row[1]) ?? ""
    var value: JSONObject = ["role": .string(role), "content": content, "timestamp": timestamp]
    for (index, name) in Self.optionalColumns.enumerated() {
      guard let member = member(name, at: index + 4) else { continue }
      value[name] = member
      // The page shows a tool's answer by its name.
      if name == "tool_name" && role == "tool" { value["name"] = member }
    }
    return AgentTranscript.Message(rowID: Int.fromDatabaseValue(row[0]), value: value)
  }

  private var content: JSONValue {
    guard let bytes = Data.fromDatabaseValue(row[2]) else { return "" }
    if bytes.starts(with: Self.structuredPrefix) {
      let json = bytes.dropFirst(Self.structuredPrefix.count)
      if let value = parse(json) { return value }
    }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  private var timestamp: JSONValue {
    let value: DatabaseValue = row[3]
    switch value.storage {
    case .double(let number): return .double(number)
    case .int64(let number): return .int(Int(number))
    case .string(let text): return .string(text)
    case .blob, .null: return .null
    }
  }

  private func member(_ name: String, at index: Int) -> JSONValue? {
    guard let text = String.fromDatabaseValue(row[index]), !text.isEmpty else { return nil }
    guard Self.columnsOfJSON.contains(name) else { return .string(text) }
    let value = parse(text.utf8) ?? .string(text)
    if value.isFalsy { return nil }
    return value
  }

  /// Nil when it is no JSON; then the text itself is shown.
  private func parse(_ bytes: some Collection<UInt8>) -> JSONValue? {
    do throws(JSONParseError) { return try JSONValue(parsing: bytes, limits: .files) } catch { return nil }
  }
}
