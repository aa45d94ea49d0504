import Foundation
import GRDB
import JSON
import Logging
import Store
import Testing

@Suite("The agent's database when something is wrong with it")
struct AgentDatabaseFaultTests {
  private let folder: TemporaryFolder
  private let log = RecordedLog()
  private let database: AgentDatabase
  private let path: String
  private let session: SessionID

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/state.db"
    database = AgentDatabase(profile: .root, path: path, disk: DiskExecutor(), logger: log.logger)
    session = try #require(SessionID("s1"))
  }

  @Test("A missing database is no data, and no read makes one (domain 2.4)")
  func missing() async throws {
    #expect(await database.sessionRows().isEmpty)
    #expect(await database.transcript(of: session) == nil)
    #expect(await database.foreignStub(of: session, workspace: "/w") == nil)
    #expect(try folder.snapshot().isEmpty)
    #expect(log.messages.isEmpty)
  }

  @Test("Garbage is no data and one line in the log, however often it is asked")
  func garbage() async throws {
    try folder.write(String(repeating: "no database at all. ", count: 500), to: "state.db")
    for _ in 1...5 { #expect(await database.sessionRows().isEmpty) }
    #expect(await database.transcript(of: session) == nil)
    #expect(log.messages.count == 1)
    #expect(log.messages.first?.hasPrefix("warning") == true)
  }

  @Test("An empty file is no data")
  func emptyFile() async throws {
    try folder.write("", to: "state.db")
    #expect(await database.sessionRows().isEmpty)
    #expect(await database.transcript(of: session) == nil)
  }

  @Test("A folder in its place is no data")
  func folderInItsPlace() async throws {
    try folder.makeFolder("state.db")
    #expect(await database.sessionRows().isEmpty)
    #expect(log.messages.count == 1)
  }

  @Test("A database cut in half is no data or fewer rows, never a failure")
  func truncated() async throws {
    try Fixtures.copy("state/state.db", to: path)
    let bytes = try #require(FileManager.default.contents(atPath: path))
    for part in [1, 100, 4096, bytes.count / 3, bytes.count - 1000] {
      try bytes.prefix(part).write(to: URL(filePath: path))
      _ = await database.sessionRows()
      _ = await database.transcript(of: session)
    }
    #expect(log.messages.count == 1)
  }

  @Test("A lock that another connection holds exclusively is no data; afterwards the rows are there (domain 2.2)")
  func lockedRollback() async throws {
    let writer = try oldestDatabase(journal: "DELETE")
    try await writer.writeWithoutTransaction { writer in
      try writer.execute(sql: "BEGIN EXCLUSIVE; INSERT INTO sessions VALUES ('s2', 'cli')")
    }
    #expect(await database.sessionRows().isEmpty)
    #expect(log.messages.count == 1)
    try await writer.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
    #expect(await database.sessionRows().map(\.id.text) == ["s1", "s2"])
  }

  @Test("A write-ahead log that another connection keeps to itself is no data")
  func lockedLog() async throws {
    var configuration = Configuration()
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    let writer = try oldestDatabase(journal: "WAL", configuration: configuration)
    #expect(await database.sessionRows().isEmpty)
    #expect(log.messages.count == 1)
    try writer.close()
    #expect(await database.sessionRows().map(\.id.text) == ["s1"])
  }

  @Test("The oldest schema, with nothing but ids and sources, gives rows with nothing else (invariant 18)")
  func oldestSchema() async throws {
    try oldestDatabase(journal: "DELETE").close()
    let row = try #require(await database.sessionRows().first)
    #expect(row == AgentSessionRow(id: session, profile: .root, source: "cli", startedAt: 0, lastActive: 0))
    #expect(await database.transcript(of: session) == nil)
  }

  @Test("Any part of the columns may be missing (invariant 18)", arguments: 0..<64)
  func anyColumnMayBeMissing(seed: Int) async throws {
    let optional = ["started_at REAL", "title TEXT", "message_count INTEGER", "archived INTEGER"]
    let ofMessages = ["id INTEGER PRIMARY KEY", "active INTEGER", "tool_calls TEXT"]
    let chosen = optional.enumerated().filter { seed >> $0.offset & 1 == 1 }.map(\.element)
    let others = ofMessages.enumerated().filter { seed >> ($0.offset + 3) & 1 == 1 }.map(\.element)
    let writer = try DatabaseQueue(path: path)
    try await writer.write { writer in
      try writer.execute(
        sql: """
          CREATE TABLE sessions (\((["id TEXT", "source TEXT"] + chosen).joined(separator: ", ")));
          CREATE TABLE messages (\
          \((["session_id TEXT", "role TEXT", "content TEXT", "timestamp REAL"] + others).joined(separator: ", ")));
          INSERT INTO sessions (id, source) VALUES ('s1', 'cli');
          INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s1', 'user', 'hi', 5.0);
          """)
    }
    try writer.close()
    let row = try #require(await database.sessionRows().first)
    #expect(row.messageCount == 1 && row.userMessageCount == 1 && row.lastActive == 5)
    let messages = try #require(await database.transcript(of: session)?.messages)
    #expect(messages.map(\.value) == [["role": "user", "content": "hi", "timestamp": 5.0]])
    #expect(log.messages.isEmpty)
  }

  @Test("A table without sources is no data and a line in the log (domain 2.4, CLI session list)")
  func withoutSources() async throws {
    let writer = try DatabaseQueue(path: path)
    try await writer.write {
      try $0.execute(sql: "CREATE TABLE sessions (id TEXT); INSERT INTO sessions VALUES ('s1')")
    }
    try writer.close()
    #expect(await database.sessionRows().isEmpty)
    #expect(log.messages.count == 1)
  }

  @Test("A session id that would be a path is dropped (domain 1.2, invariant 56)")
  func hostileIDs() async throws {
    let writer = try oldestDatabase(journal: "DELETE")
    try await writer.write { writer in
      for id in ["../x", "a/b", "", ".", "a\0b", "ok_1", String(repeating: "x", count: 300)] {
        // Bound as bytes, because a text of the driver ends at its first NUL.
        try writer.execute(
          sql: "INSERT INTO sessions VALUES (CAST(? AS TEXT), 'cli')", arguments: [Data(id.utf8)])
      }
    }
    try writer.close()
    #expect(Set(await database.sessionRows().map(\.id.text)) == ["s1", "ok_1"])
  }

  @discardableResult
  private func oldestDatabase(journal: String, configuration: Configuration = Configuration()) throws -> DatabaseQueue {
    var configuration = configuration
    configuration.allowsUnsafeTransactions = true
    let writer = try DatabaseQueue(path: path, configuration: configuration)
    try writer.writeWithoutTransaction { writer in
      _ = try String.fetchOne(writer, sql: "PRAGMA journal_mode = \(journal)")
      try writer.execute(
        sql: "CREATE TABLE sessions (id TEXT, source TEXT); INSERT INTO sessions VALUES ('s1', 'cli')")
    }
    return writer
  }
}
