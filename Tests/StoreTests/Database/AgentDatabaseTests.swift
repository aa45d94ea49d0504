import Foundation
import GRDB
import JSON
import Store
import Testing

@Suite("The agent's database")
struct AgentDatabaseTests {
  private let folder: TemporaryFolder
  private let log = RecordedLog()
  private let database: AgentDatabase

  init() throws {
    folder = try TemporaryFolder()
    try Fixtures.copy("state/state.db", to: folder.path + "/state.db")
    database = AgentDatabase(
      profile: .root, path: folder.path + "/state.db", disk: DiskExecutor(), logger: log.logger)
  }

  @Test("Lists the sessions of all sources, the last active first (domain 2.4)")
  func listsAllSources() async throws {
    let rows = await database.sessionRows(limit: 100)
    #expect(rows.count == 11)
    #expect(rows.map(\.lastActive) == rows.map(\.lastActive).sorted(by: >))
    #expect(Set(rows.map(\.source)) == ["webui", "cli", "telegram"])
    #expect(rows.allSatisfy { $0.profile == .root })
  }

  @Test("Counts the messages, those of users, and takes the time of the last one (domain 2.4, summary reader)")
  func counts() async throws {
    let rows = await database.sessionRows(limit: 100)
    let cli = try #require(rows.first { $0.source == "cli" })
    #expect(cli.id.text == "20261121_080000_abc123")
    #expect(cli.title == "From the CLI")
    #expect(cli.messageCount == 4)
    #expect(cli.userMessageCount == 2)
    #expect(abs(cli.startedAt - 1_795_250_929.031) < 0.01)
    #expect(abs(cli.lastActive - 1_795_251_039.25) < 0.01)
    #expect(cli.workingDirectory == "/srv/hermes/golden-ws")
  }

  @Test("Gives a messaging session its identity (domain 3.14)")
  func messagingIdentity() async throws {
    let row = try #require(await database.sessionRows(limit: 100).first { $0.source == "telegram" })
    #expect([row.userID, row.chatID, row.chatType, row.threadID] == ["u1", "chat1", "dm", nil])
  }

  @Test("Gives no more rows than asked for")
  func limit() async throws {
    let all = await database.sessionRows(limit: 100)
    #expect(await database.sessionRows(limit: 3) == Array(all.prefix(3)))
    #expect(await database.sessionRows(limit: 0).isEmpty)
  }

  @Test("Reads a transcript in the order of its rows, tool calls parsed, tool rows with their name (domain 2.4)")
  func transcript() async throws {
    let id = try #require(SessionID("dd84f05261ab"))
    let transcript = try #require(await database.transcript(of: id))
    #expect(transcript.messages.count == 14)
    let ids = transcript.messages.compactMap(\.rowID)
    #expect(ids == ids.sorted() && ids.count == 14)
    let call = try #require(transcript.messages.first { $0.value["tool_calls"] != nil })
    #expect(call.value.keys == ["role", "content", "timestamp", "tool_calls", "reasoning", "reasoning_content"])
    #expect(call.value["tool_calls"]?.array?.first?["function"]?["name"] == "terminal")
    let answer = try #require(transcript.messages.first { $0.value["role"] == "tool" })
    #expect(answer.value.keys == ["role", "content", "timestamp", "tool_call_id", "tool_name", "name"])
    #expect(answer.value["name"] == "terminal")
  }

  @Test("Knows nothing of a session that is not in it")
  func unknownSession() async throws {
    let id = try #require(SessionID("nobody"))
    #expect(await database.transcript(of: id) == nil)
    #expect(await database.foreignStub(of: id, workspace: "/w") == nil)
    #expect(log.messages.isEmpty)
  }

  @Test(
    "Builds the stub of a session without a file exactly as captured (wire-sessions-chat 1.2)",
    arguments: ["831-onstate-session-telegram", "428-session-get-telegram-stub"])
  func stubOfMessaging(capture: String) async throws {
    let id = try #require(SessionID("20261121_080100_def456"))
    let stub = try #require(await database.foreignStub(of: id, workspace: "/srv/hermes/golden-ws"))
    let captured = try #require(try Fixtures.body(capture)["session"])
    #expect(JSONValue.object(stub).text == captured.text)
  }

  @Test("Builds the stub of a session of the command line as captured, but for what was written to it later")
  func stubOfCommandLine() async throws {
    let id = try #require(SessionID("20261121_080000_abc123"))
    let stub = try #require(await database.foreignStub(of: id, workspace: "/srv/hermes/golden-ws"))
    let captured = try #require(try Fixtures.body("427-session-get-cli-stub")["session"]?.object)
    #expect(stub.keys == captured.keys)
    let later = ["message_count", "updated_at", "last_message_at", "messages", "actual_message_count"]
    for key in captured.keys where !later.contains(key) { #expect(stub[key] == captured[key], "\(key)") }
    #expect(stub["actual_message_count"] == "4")
  }

  @Test("Builds the stub of a page's session whose file is gone as captured (golden NOTES, number 9)")
  func stubOfPage() async throws {
    let path = folder.path + "/shrunk.db"
    try Fixtures.copy("state-shrunk/state.db", to: path)
    let shrunk = AgentDatabase(profile: .root, path: path, disk: DiskExecutor(), logger: log.logger)
    let id = try #require(SessionID("ab12cd34ef56"))
    let stub = try #require(await shrunk.foreignStub(of: id, workspace: "/srv/hermes/golden-ws"))
    let captured = try #require(try Fixtures.body("609-shrunk-get-w-ab12cd34ef56")["session"])
    #expect(JSONValue.object(stub).text == captured.text)
  }

  @Test("Reads the agent's own sample database")
  func sampleOfTheAgent() async throws {
    let path = folder.path + "/sample.db"
    try Fixtures.copy("../hermes-agent/state/state.db", to: path)
    let sample = AgentDatabase(profile: .root, path: path, disk: DiskExecutor(), logger: log.logger)
    let rows = await sample.sessionRows()
    #expect(rows.contains { $0.source == "cli" } && rows.contains { $0.source == "api_server" })
    for row in rows { #expect(await sample.transcript(of: row.id)?.messages.count == row.messageCount) }
    #expect(log.messages.isEmpty)
  }
}
