import Foundation
import GRDB
import JSON
import Store
import Testing

@Suite("The agent's database is left as it was, and read as it is")
struct AgentDatabaseTraceTests {
  private let folder: TemporaryFolder
  private let log = RecordedLog()
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/state.db"
  }

  private var database: AgentDatabase {
    AgentDatabase(profile: .root, path: path, disk: DiskExecutor(), logger: log.logger)
  }

  @Test("Reading a closed database changes no byte and no time, and leaves no file behind (invariant 19)")
  func leavesNoTrace() async throws {
    try Fixtures.copy("state/state.db", to: path)
    let before = try folder.snapshot()
    let database = database
    for row in await database.sessionRows() {
      #expect(await database.transcript(of: row.id) != nil)
      #expect(await database.foreignStub(of: row.id, workspace: "/w") != nil)
    }
    #expect(try folder.snapshot() == before)
    #expect(try folder.snapshot().keys.sorted() == ["state.db"])
  }

  @Test("A closed database in a folder that may not be written is read (domain 2.2)")
  func readOnlyFolder() async throws {
    try Fixtures.copy("state/state.db", to: path)
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    try files.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    #expect(await database.sessionRows().count == 11)
    #expect(try folder.snapshot().keys.sorted() == ["state.db"])
    try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
  }

  @Test("What the agent wrote and did not yet put into the file is read, and the log is left alone")
  func openLog() async throws {
    let writer = try newDatabase(journal: "WAL")
    try await append(writer, session: "s1")
    let before = try folder.snapshot().filter { !$0.key.hasSuffix("-shm") }
    #expect(before.keys.sorted() == ["state.db", "state.db-wal"])
    #expect(await database.sessionRows().map(\.messageCount) == [2])
    #expect(try folder.snapshot().filter { !$0.key.hasSuffix("-shm") } == before)
    try writer.close()
    #expect(await database.sessionRows().map(\.messageCount) == [2])
  }

  @Test("A database of rollback journals stays one")
  func rollbackJournal() async throws {
    let writer = try newDatabase(journal: "DELETE")
    try await append(writer, session: "s1")
    try writer.close()
    #expect(await database.sessionRows().map(\.messageCount) == [2])
    #expect(try folder.snapshot().keys.sorted() == ["state.db"])
  }

  @Test("A database behind a symbolic link is read with its log")
  func symbolicLink() async throws {
    let writer = try newDatabase(journal: "WAL")
    try await append(writer, session: "s1")
    let link = folder.path + "/link.db"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let linked = AgentDatabase(profile: .root, path: link, disk: DiskExecutor(), logger: log.logger)
    #expect(await linked.sessionRows().map(\.messageCount) == [2])
    try await append(writer, session: "s1")
    #expect(await linked.sessionRows().map(\.messageCount) == [4])
    try writer.close()
  }

  @Test("A name with signs that mean something in a URI is a name")
  func signsOfURIs() async throws {
    let odd = folder.path + "/a?mode=rwc#%41 b.db"
    try Fixtures.copy("state/state.db", to: odd)
    let other = AgentDatabase(profile: .root, path: odd, disk: DiskExecutor(), logger: log.logger)
    #expect(await other.sessionRows().count == 11)
    #expect(log.messages.isEmpty)
  }

  @Test("A row that is written is seen by the next question", arguments: ["WAL", "DELETE"])
  func seesNewRows(journal: String) async throws {
    let writer = try newDatabase(journal: journal)
    let database = database
    for round in 1...20 {
      try await append(writer, session: "s1")
      #expect(await database.sessionRows().map(\.messageCount) == [2 * round])
    }
    try writer.close()
  }

  @Test("A reader never sees half of a transaction, also when the log comes and goes", arguments: ["WAL", "DELETE"])
  func neverHalf(journal: String) async throws {
    try newDatabase(journal: journal).close()
    let path = path
    async let writing: Void = {
      for round in 0..<150 {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let writer = try DatabaseQueue(path: path, configuration: configuration)
        try await Self.append(writer, session: "s\(round % 7)")
        try writer.close()
      }
    }()
    let database = database
    for _ in 0..<300 {
      let rows = await database.sessionRows()
      #expect(rows.allSatisfy { $0.messageCount.isMultiple(of: 2) && $0.messageCount > 0 })
    }
    try await writing
    #expect(await database.sessionRows().map(\.messageCount).reduce(0, +) == 300)
  }

  @Test("Content that is no string is decoded (domain 6, number 13)")
  func structuredContent() async throws {
    let contents = try await contents(of: [
      "\0json:[{\"type\":\"text\",\"text\":\"hi\"}]", "\0json:{broken", "plain \0 inside", nil, "",
    ])
    #expect(
      contents.map(\.text) == [
        "[{\"type\": \"text\", \"text\": \"hi\"}]", "\"\\u0000json:{broken\"", "\"plain \\u0000 inside\"", "\"\"",
        "\"\"",
      ])
  }

  @Test("Tool calls that are no JSON stay text; empty values are left out (domain 2.4)")
  func unparsableToolCalls() async throws {
    let writer = try newDatabase(journal: "DELETE")
    try await writer.write { writer in
      try writer.execute(sql: "INSERT INTO sessions (id, source, started_at) VALUES ('s1', 'cli', 1)")
      for calls in ["[broken", "", "[]", "[{\"id\":\"1\"}]"] {
        try writer.execute(
          sql:
            "INSERT INTO messages (session_id, role, content, timestamp, tool_calls) VALUES ('s1','assistant','',1,?)",
          arguments: [calls])
      }
    }
    try writer.close()
    let session = try #require(SessionID("s1"))
    let messages = try #require(await database.transcript(of: session)?.messages)
    #expect(messages.map { $0.value["tool_calls"]?.text } == ["\"[broken\"", nil, nil, "[{\"id\": \"1\"}]"])
  }

  @Test("Messages that a compaction set aside are neither counted nor read (domain 6, number 11)")
  func inactiveRows() async throws {
    let writer = try newDatabase(journal: "DELETE")
    try await append(writer, session: "s1")
    try await writer.write { try $0.execute(sql: "UPDATE messages SET active = 0 WHERE role = 'user'") }
    try writer.close()
    let session = try #require(SessionID("s1"))
    #expect(await database.transcript(of: session)?.messages.map { $0.value["role"] } == ["assistant"])
    let row = try #require(await database.sessionRows().first)
    #expect(row.messageCount == 1 && row.userMessageCount == 0)
  }

  private func contents(of texts: [String?]) async throws -> [JSONValue] {
    let writer = try newDatabase(journal: "DELETE")
    try await writer.write { writer in
      for text in texts {
        // Bound as bytes, because a text of the driver ends at its first NUL.
        try writer.execute(
          sql: "INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s1','user',CAST(? AS TEXT),1)",
          arguments: [text.map { Data($0.utf8) }])
      }
    }
    try writer.close()
    let session = try #require(SessionID("s1"))
    return await database.transcript(of: session)?.messages.compactMap { $0.value["content"] } ?? []
  }

  private func newDatabase(journal: String) throws -> DatabaseQueue {
    let writer = try DatabaseQueue(path: path)
    try writer.writeWithoutTransaction { writer in
      _ = try String.fetchOne(writer, sql: "PRAGMA journal_mode = \(journal)")
      try writer.execute(
        sql: """
          CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT, started_at REAL);
          CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, role TEXT, content TEXT,
            timestamp REAL, tool_calls TEXT, active INTEGER DEFAULT 1);
          """)
    }
    return writer
  }

  private func append(_ writer: DatabaseQueue, session: String) async throws {
    try await Self.append(writer, session: session)
  }

  private static func append(_ writer: DatabaseQueue, session: String) async throws {
    try await writer.write { writer in
      try writer.execute(sql: "INSERT OR IGNORE INTO sessions VALUES (?, 'cli', 1)", arguments: [session])
      for role in ["user", "assistant"] {
        try writer.execute(
          sql: "INSERT INTO messages (session_id, role, content, timestamp) VALUES (?, ?, 'x', 2)",
          arguments: [session, role])
      }
    }
  }
}
