import GRDB
import JSON
import Logging
import Synchronization

/// The database of the agent of one profile (`state.db`, domain 2), read and never written.
///
/// Whatever is wrong with it, the answer is "no data" and a line in the log, at most one a minute: there is no file, the
/// agent holds a lock for longer than a second, it is damaged, or it is of a version that does not have the tables yet.
/// Nothing is opened before the first question, and nothing stays open between two. Not done here: following a
/// conversation into its continuations (domain 2.4, continuation stitching).
public final class AgentDatabase: Sendable {
  private struct CachedRows {
    let state: AgentDatabaseFile.State
    let limit: Int
    let rows: [AgentSessionRow]
  }

  /// Whose database it is.
  public let profile: ProfileName
  private let path: String
  private let file: AgentDatabaseFile
  private let disk: DiskExecutor
  private let warn: RepeatedWarning
  private let cachedRows = Mutex<CachedRows?>(nil)

  /// A database that is looked at when it is asked.
  ///
  /// - Parameters:
  ///   - profile: Whose it is; stands in every row.
  ///   - path: The absolute path of the file, which need not exist (``StateLayout/database(of:)``).
  ///   - disk: Where the reads run.
  ///   - logger: Hears about a database that cannot be read.
  public init(profile: ProfileName, path: String, disk: DiskExecutor, logger: Logger) {
    self.profile = profile
    self.path = path
    self.disk = disk
    file = AgentDatabaseFile(path: path)
    warn = RepeatedWarning(logger: logger)
  }

  /// The conversations of all sources, the last active first. Rows whose id is no safe name are left out (domain 1.2).
  ///
  /// An unchanged database costs two `stat`s; a changed one a query over the index of its messages.
  ///
  /// - Parameter limit: How many rows at most.
  public func sessionRows(limit: Int = 2000) async -> [AgentSessionRow] {
    await disk.value { self.readSessionRows(limit: limit) }
  }

  /// The active messages of a conversation; nil when the database does not know it, or cannot be read.
  public func transcript(of session: SessionID) async -> AgentTranscript? {
    await disk.value {
      self.read { database in try AgentSchema(database).transcript(of: session, in: database) } ?? nil
    }
  }

  /// What `GET /api/session` answers for a conversation that only the agent knows (wire-sessions-chat 1.2, "Foreign
  /// stub"); nil when the agent does not know it either.
  ///
  /// - Parameters:
  ///   - session: The conversation.
  ///   - workspace: The folder for a conversation that the agent keeps none for.
  public func foreignStub(of session: SessionID, workspace: String) async -> JSONObject? {
    await disk.value {
      let found = self.read { database in
        let schema = try AgentSchema(database)
        return try schema.sessionRow(of: session, profile: self.profile, in: database).map { row in
          (row, try schema.transcript(of: session, in: database)?.messages ?? [])
        }
      }
      guard let (row, messages) = found ?? nil else { return nil }
      return row.foreignStub(messages: messages, workspace: workspace)
    }
  }

  private func readSessionRows(limit: Int) -> [AgentSessionRow] {
    guard limit > 0, let state = file.state() else { return [] }
    if let cached = cachedRows.withLock({ $0 }), cached.state == state, cached.limit >= limit {
      return Array(cached.rows.prefix(limit))
    }
    let rows = read { database in
      try AgentSchema(database).sessionRows(limit: limit, profile: self.profile, in: database)
    }
    // A database that cannot be read is asked again: a lock does not show in its state.
    guard let rows else { return [] }
    if state.isSettled, file.state() == state {
      cachedRows.withLock { $0 = CachedRows(state: state, limit: limit, rows: rows) }
    }
    return rows
  }

  /// Nil after a failure, and when there is no database.
  private func read<Value>(_ body: (Database) throws -> Value) -> Value? {
    guard file.state() != nil else { return nil }
    do {
      return try file.read(body)
    } catch {
      warn(about: path, "The agent's database of profile \(profile) cannot be read and counts as empty: \(error)")
      return nil
    }
  }
}
