import GRDB
import JSON

/// What a database of the agent has of the tables that are read. Any version may have been the last to open it, so each
/// column may be missing (domain 2.1, schema evolution).
struct AgentSchema {
  /// Why nothing can be read.
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  private let sessions: Set<String>
  private let messages: Set<String>

  init(_ database: Database) throws {
    sessions = try Self.columns(of: "sessions", in: database)
    messages = try Self.columns(of: "messages", in: database)
  }

  /// The conversations, the last active first.
  ///
  /// - Throws: ``Missing`` when there is no table of conversations with an id and a source.
  func sessionRows(limit: Int, profile: ProfileName, in database: Database) throws -> [AgentSessionRow] {
    try rows(of: nil, limit: limit, profile: profile, in: database)
  }

  /// One conversation.
  ///
  /// - Throws: ``Missing`` like ``sessionRows(limit:profile:in:)``.
  func sessionRow(of session: SessionID, profile: ProfileName, in database: Database) throws -> AgentSessionRow? {
    try rows(of: session, limit: 1, profile: profile, in: database).first
  }

  /// The active messages in the order in which they were written; nil when neither a message nor a conversation is there.
  ///
  /// - Throws: ``Missing`` when messages have no role, content or timestamp.
  func transcript(of session: SessionID, in database: Database) throws -> AgentTranscript? {
    guard ["session_id", "role", "content", "timestamp"].allSatisfy(messages.contains) else {
      throw Missing(description: "its table of messages lacks a column")
    }
    let columns = AgentMessageRow.optionalColumns.map { column("m", $0, of: messages) }
    // The text of a column ends at a NUL for most readers, and content may begin with one (domain 2.3): as a blob it
    // arrives whole.
    let sql = """
      SELECT \(column("m", "id", of: messages)), m.role, CAST(m.content AS BLOB), m.timestamp, \
      \(columns.joined(separator: ", "))
      FROM messages m WHERE m.session_id = ?\(isActive("m"))
      ORDER BY \(messages.contains("id") ? "m.id" : "m.rowid")
      """
    let rows = try Row.fetchCursor(database, sql: sql, arguments: [session.text])
    var found: [AgentTranscript.Message] = []
    while let row = try rows.next() { found.append(AgentMessageRow(row).message) }
    if found.isEmpty, try !hasSession(session, in: database) { return nil }
    return AgentTranscript(session: session, messages: found)
  }

  private func hasSession(_ session: SessionID, in database: Database) throws -> Bool {
    guard sessions.contains("id") else { return false }
    return try Row.fetchOne(database, sql: "SELECT 1 FROM sessions WHERE id = ?", arguments: [session.text]) != nil
  }

  /// One query. The inner one counts over the index of messages and cuts; what users wrote is then counted only for the
  /// conversations that are left, because that has to look at the messages themselves.
  private func rows(
    of session: SessionID?, limit: Int, profile: ProfileName, in database: Database
  ) throws -> [AgentSessionRow] {
    guard sessions.contains("id"), sessions.contains("source") else {
      throw Missing(description: "it has no table of sessions with an id and a source")
    }
    let columns = AgentSessionColumns.all.map { "\(column("s", $0, of: sessions)) AS \($0)" }
    let hasMessages = messages.contains("session_id")
    let time = messages.contains("timestamp") ? "MAX(m.timestamp)" : "NULL"
    let counts =
      hasMessages
      ? """
      LEFT JOIN (SELECT m.session_id, COUNT(*) AS counted, \(time) AS newest FROM messages m \
      WHERE m.session_id \(session == nil ? "IS NOT NULL" : "= :session")\(isActive("m")) GROUP BY m.session_id) c ON c.session_id = s.id
      """ : ""
    let byUsers =
      hasMessages && messages.contains("role")
      ? "(SELECT COUNT(*) FROM messages u WHERE u.session_id = top.id AND u.role = 'user'\(isActive("u")))" : "0"
    // Without messages to count, the agent's own counter is all there is (domain 6, number 8).
    let counted = hasMessages ? "COALESCE(c.counted, 0)" : "COALESCE(\(column("s", "message_count", of: sessions)), 0)"
    let began = column("s", "started_at", of: sessions)
    let sql = """
      SELECT top.*, \(byUsers) AS by_users FROM (
        SELECT \(columns.joined(separator: ", ")), CAST(s.id AS BLOB) AS id_bytes, \(counted) AS counted,
          COALESCE(\(hasMessages ? "c.newest, " : "")\(began), 0) AS last_active
        FROM sessions s \(counts) \(session == nil ? "" : "WHERE s.id = :session")
        ORDER BY last_active DESC, s.id LIMIT :limit
      ) top ORDER BY top.last_active DESC, top.id
      """
    let arguments: [String: (any DatabaseValueConvertible)?] =
      session.map { ["session": $0.text, "limit": limit] } ?? ["limit": limit]
    let rows = try Row.fetchCursor(database, sql: sql, arguments: StatementArguments(arguments))
    var found: [AgentSessionRow] = []
    while let row = try rows.next() {
      if let session = AgentSessionColumns.session(of: row, profile: profile) { found.append(session) }
    }
    return found
  }

  /// Rows of older versions have no mark, or none yet.
  private func isActive(_ table: String) -> String {
    messages.contains("active") ? " AND (\(table).active IS NULL OR \(table).active != 0)" : ""
  }

  private func column(_ table: String, _ name: String, of columns: Set<String>) -> String {
    columns.contains(name) ? "\(table).\(name)" : "NULL"
  }

  private static func columns(of table: String, in database: Database) throws -> Set<String> {
    let rows = try Row.fetchAll(database, sql: "PRAGMA table_info(\(table))")
    return Set(rows.compactMap { String.fromDatabaseValue($0["name"])?.lowercased() })
  }
}
