import Foundation
import GRDB

/// How a row of the agent's conversations becomes an ``AgentSessionRow``. SQLite lets any value stand in any column, so
/// a value of the wrong kind counts as missing.
enum AgentSessionColumns {
  /// The columns of the `sessions` table that are read.
  static let all = [
    "id", "source", "title", "model", "started_at", "ended_at", "end_reason", "parent_session_id", "cwd", "archived",
    "session_key", "chat_id", "chat_type", "thread_id", "user_id",
  ]

  /// Nil when the row's id could not be a file's name (`../x`). The id is taken from its bytes, because as a text it would
  /// end at a NUL and be another one.
  static func session(of row: Row, profile: ProfileName) -> AgentSessionRow? {
    guard let bytes = Data.fromDatabaseValue(row["id_bytes"]),
      let id = SessionID(String(decoding: bytes, as: UTF8.self))
    else { return nil }
    return AgentSessionRow(
      id: id, profile: profile, source: text(row, "source") ?? "", title: text(row, "title"),
      model: text(row, "model"), startedAt: number(row, "started_at") ?? 0, lastActive: number(row, "last_active") ?? 0,
      endedAt: number(row, "ended_at"), endReason: text(row, "end_reason"),
      messageCount: count(row, "counted"), userMessageCount: count(row, "by_users"),
      parentID: text(row, "parent_session_id").flatMap(SessionID.init), workingDirectory: text(row, "cwd"),
      isArchived: number(row, "archived").map { $0 != 0 } ?? false, sessionKey: text(row, "session_key"),
      chatID: text(row, "chat_id"), chatType: text(row, "chat_type"), threadID: text(row, "thread_id"),
      userID: text(row, "user_id"))
  }

  private static func text(_ row: Row, _ column: String) -> String? {
    let value: DatabaseValue = row[column]
    // Ids of chats are numbers for some messengers.
    switch value.storage {
    case .string(let text): return text.isEmpty ? nil : text
    case .int64(let number): return String(number)
    case .double, .blob, .null: return nil
    }
  }

  private static func number(_ row: Row, _ column: String) -> Double? {
    let value: DatabaseValue = row[column]
    switch value.storage {
    case .double(let number): return number.isFinite ? number : nil
    case .int64(let number): return Double(number)
    case .string(let text): return Double(text).flatMap { $0.isFinite ? $0 : nil }
    case .blob, .null: return nil
    }
  }

  private static func count(_ row: Row, _ column: String) -> Int {
    number(row, column).flatMap { Int(exactly: $0.rounded()) } ?? 0
  }
}
