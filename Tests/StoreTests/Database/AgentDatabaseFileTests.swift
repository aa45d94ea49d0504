import Foundation
import GRDB
import Testing

@testable import Store

@Suite("A file of another program's database")
struct AgentDatabaseFileTests {
  private let folder: TemporaryFolder
  private let path: String
  private let file: AgentDatabaseFile

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/state.db"
    file = AgentDatabaseFile(path: path)
  }

  @Test("What was read while somebody wrote into the file is thrown away and read again", arguments: ["WAL", "DELETE"])
  func writtenWhileRead(journal: String) throws {
    try write(journal: journal)
    Thread.sleep(forTimeInterval: 0.05)
    var attempts = 0
    let counts = try file.read { database in
      attempts += 1
      let first = try count(database)
      if attempts == 1 { try write(journal: journal) }
      return [first, try count(database)]
    }
    #expect(attempts == 2)
    #expect(counts == [2, 2])
  }

  @Test("A failure that a writer caused is no failure")
  func failureWhileWritten() throws {
    struct Torn: Error {}
    try write(journal: "WAL")
    Thread.sleep(forTimeInterval: 0.05)
    var attempts = 0
    let counted = try file.read { database in
      attempts += 1
      if attempts == 1 {
        try write(journal: "WAL")
        throw Torn()
      }
      return try count(database)
    }
    #expect(counted == 2)
  }

  @Test("A settled file is read once, and a failure is the reader's own")
  func settled() throws {
    struct Own: Error {}
    try write(journal: "WAL")
    Thread.sleep(forTimeInterval: 0.05)
    var attempts = 0
    #expect(throws: Own.self) {
      try file.read { _ in
        attempts += 1
        throw Own()
      }
    }
    #expect(attempts == 1)
  }

  @Test("A file that was written this instant is read without leaving files behind")
  func freshlyWritten() throws {
    try write(journal: "WAL")
    #expect(try file.read(count) == 1)
    #expect(try folder.snapshot().keys.sorted() == ["state.db"])
  }

  @Test("The state changes with every write, and not with a read")
  func state() throws {
    #expect(file.state() == nil)
    try write(journal: "WAL")
    let before = file.state()
    _ = try file.read(count)
    #expect(file.state() == before)
    Thread.sleep(forTimeInterval: 0.05)
    try write(journal: "WAL")
    #expect(file.state() != before)
  }

  private func count(_ database: Database) throws -> Int {
    try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM t") ?? 0
  }

  private func write(journal: String) throws {
    let writer = try DatabaseQueue(path: path)
    try writer.writeWithoutTransaction { writer in
      _ = try String.fetchOne(writer, sql: "PRAGMA journal_mode = \(journal)")
      try writer.execute(sql: "CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)")
    }
    try writer.close()
  }
}
