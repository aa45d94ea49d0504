import JSON
import Testing

@testable import Store

@Suite("The list of conversations")
struct SessionListTests {
  /// What the recorded database holds (state.db of the recorded state).
  private func agents(_ profile: ProfileName = .root) throws -> [AgentSessionRow] {
    let webui =
      profile == .root
      ? [
        "dd84f05261ab", "46896114f5c6", "271f3f269e0e", "56f1b45e73b5", "1c93720a7c80", "14266c0566a5", "a0b448150c1c",
        "d5d07b2a18aa", "9eeac335cfae",
      ] : ["5bd0eac6a1fd"]
    var rows = try webui.map {
      AgentSessionRow(id: try sessionID($0), profile: profile, source: "webui", startedAt: 1, lastActive: 2)
    }
    guard profile == .root else { return rows }
    rows.append(
      AgentSessionRow(
        id: try sessionID("20261121_080000_abc123"), profile: .root, source: "cli", title: "From the CLI",
        startedAt: 1795250929.0310647, lastActive: 1795251039.2502089, messageCount: 4))
    rows.append(
      AgentSessionRow(
        id: try sessionID("20261121_080100_def456"), profile: .root, source: "telegram", title: "From Telegram",
        model: "fake-model", startedAt: 1795250939.0310647, lastActive: 1795250950.0310647, messageCount: 2,
        userMessageCount: 1, chatID: "chat1", chatType: "dm", userID: "u1"))
    return rows
  }

  private func list(_ query: SessionListQuery, agents: [AgentSessionRow]) async throws -> SessionList {
    let store = try await TemporaryState(copying: "state").opened()
    let rows = await store.summaries().map { SessionListRow.session($0) } + agents.map { .agent($0) }
    return SessionList.make(rows: rows, query: query, isLive: { _ in false }, now: 2_000_000_000)
  }

  /// Rows, order and numbers of a recorded answer; of one row that the older server had stale (notes A8) not the count.
  private func expect(_ list: SessionList, equals number: Int) throws {
    let answer = try SharedFixtures.answer(number)
    let expected = try #require(answer["sessions"]?.array).compactMap(\.object)
    try #require(list.ids.map(\.text) == expected.map { $0["session_id"]?.string })
    for (row, recorded) in zip(list.rows, expected) {
      #expect(row.keys == recorded.keys)
      for (key, value) in recorded {
        if key == "message_count" && row["source_tag"] == "cli" { continue }
        // An empty workspace became the older server's working directory (domain 6, number 9).
        if key == "workspace" && row["session_id"] == "a0b448150c1c" { continue }
        #expect(row[key] == value, "\(row["session_id"]?.text ?? "") \(key)")
      }
    }
    #expect(answer["cli_count"]?.int == list.agentCount)
    #expect(answer["archived_count"]?.int == list.archivedCount)
    #expect(answer["archived_webui_count"]?.int == list.archivedWebUICount)
    #expect(answer["archived_cli_count"]?.int == list.archivedCLICount)
    #expect(answer["other_profile_count"]?.int == list.otherProfileCount)
    #expect(answer["webui_session_count"]?.int == list.webUICount)
    #expect(answer["cli_session_count"]?.int == list.cliCount)
    let encoded = try JSONValue(parsing: list.encodedList())
    #expect(encoded == .array(list.rows.map { .object($0) }))
  }

  private let workspace = "/srv/hermes/golden-ws"

  @Test("is the recorded one (http 802)")
  func plain() async throws {
    try expect(try await list(SessionListQuery(defaultWorkspace: workspace), agents: try agents()), equals: 802)
  }

  @Test("of one half of the sidebar is the recorded one (http 803)")
  func webui() async throws {
    let query = SessionListQuery(source: .webui, defaultWorkspace: workspace)
    try expect(try await list(query, agents: try agents()), equals: 803)
  }

  @Test("with archived rows is the recorded one (http 804)")
  func archived() async throws {
    let query = SessionListQuery(includeArchived: true, archivedLimit: 10, defaultWorkspace: workspace)
    try expect(try await list(query, agents: try agents()), equals: 804)
  }

  @Test("of all profiles is the recorded one (http 805)")
  func allProfiles() async throws {
    let query = SessionListQuery(allProfiles: true, includeArchived: true, defaultWorkspace: workspace)
    let work = try #require(ProfileName("work"))
    try expect(try await list(query, agents: try agents() + agents(work)), equals: 805)
  }

  @Test("of another profile is the recorded one (http 806)")
  func otherProfile() async throws {
    let work = try #require(ProfileName("work"))
    let query = SessionListQuery(profile: work, defaultWorkspace: workspace)
    try expect(try await list(query, agents: try agents(work)), equals: 806)
  }

  private func summary(
    _ id: String, updated: Double = 1, messages: Int = 1, _ fields: JSONObject = [:]
  ) throws -> SessionListRow {
    var document = SessionDocument(
      new: try sessionID(id), workspace: "/w", model: "m", modelProvider: nil, profile: nil, now: updated)
    document.title = "T"
    document.metadata.merge(fields)
    for _ in 0..<messages { document.messages.append(message("user", "x")) }
    return .session(SessionSummary(of: document))
  }

  private func ids(
    _ rows: [SessionListRow], _ query: SessionListQuery = SessionListQuery(), live: Set<String> = []
  ) -> [String] {
    SessionList.make(rows: rows, query: query, isLive: { live.contains($0.text) }, now: 1000).ids.map(\.text)
  }

  @Test("hides a row when all five tests hold, and otherwise not for that (domain 3.17, invariant 54)")
  func emptyRows() throws {
    let untitled: JSONObject = ["title": "Untitled"]
    #expect(ids([try summary("a", messages: 0, untitled)]).isEmpty)
    #expect(ids([try summary("a", messages: 0, ["title": "Untitled", "composer_draft": ["text": "x"]])]).isEmpty)
    #expect(ids([try summary("a", messages: 0, ["title": "Untitled", "pending_user_message": "x"])]) == ["a"])
    #expect(ids([try summary("a", messages: 1, untitled)]) == ["a"])
    // Wire 1.1, filter 6: a title alone does not make a conversation visible.
    #expect(ids([try summary("a", messages: 0)]).isEmpty)
  }

  @Test("puts running conversations first, and never shows a dead stream (invariant 28)")
  func running() throws {
    let dead: JSONObject = ["active_stream_id": "s1", "pending_user_message": "x"]
    let live: JSONObject = ["active_stream_id": "s2", "pending_user_message": "x", "pending_started_at": 3.0]
    let rows = [
      try summary("new", updated: 9), try summary("dead", updated: 5, dead), try summary("live", updated: 1, live),
    ]
    let list = SessionList.make(rows: rows, query: SessionListQuery(), isLive: { $0.text == "s2" }, now: 100)
    #expect(list.ids.map(\.text) == ["live", "new", "dead"])
    let byID = Dictionary(uniqueKeysWithValues: list.rows.map { ($0["session_id"]?.string ?? "", $0) })
    #expect(byID["live"]?["is_streaming"] == true)
    #expect(byID["live"]?["active_stream_id"] == "s2")
    #expect(byID["live"]?["pending_started_at"] == 3.0)
    #expect(byID["dead"]?["is_streaming"] == false)
    #expect(byID["dead"]?["active_stream_id"] == .null)
    #expect(byID["dead"]?["pending_started_at"] == nil)
    let recorded = try #require(try SharedFixtures.answer(142)["sessions"]?.array)
    let keys = recorded.first { $0["is_streaming"] == true }?.object?.keys
    #expect(byID["live"]?.keys == keys)
  }

  @Test(
    "matches profiles as domain 3.14 has it",
    arguments: [
      (nil, "default", true), ("", "default", true), ("default", "kinni", true), ("kinni", "default", true),
      ("kinni", "kinni", true), ("a", "b", false), ("default", "a", false), ("a", "default", false),
    ] as [(String?, String, Bool)])
  func profiles(owner: String?, active: String, matches: Bool) throws {
    let query = SessionListQuery(profile: try #require(ProfileName(active)), isRootAlias: { $0 == "kinni" })
    #expect(query.matches(profile: owner) == matches)
  }

  @Test("filters profiles before it keeps the newest of a chat (domain 3.14, invariant 48)")
  func dedupeAfterFilter() throws {
    let work = try #require(ProfileName("work"))
    func row(_ id: String, _ profile: ProfileName, _ time: Double) throws -> SessionListRow {
      .agent(
        AgentSessionRow(
          id: try sessionID(id), profile: profile, source: "slack", startedAt: time, lastActive: time, messageCount: 1,
          sessionKey: "same"))
    }
    let rows = [try row("a-old", .root, 1), try row("a-new", .root, 2), try row("b", work, 3)]
    #expect(ids(rows) == ["a-new"])
    #expect(ids(rows, SessionListQuery(profile: work)) == ["b"])
    #expect(ids(rows, SessionListQuery(allProfiles: true)) == ["b"])
    #expect(ids(rows, SessionListQuery(showsPreviousMessaging: true)) == ["a-new", "a-old"])
  }

  @Test("shows at most twenty rows that only the agent has, the newest (domain 3.14)")
  func cap() throws {
    let rows = try (0..<30).map { number in
      SessionListRow.agent(
        AgentSessionRow(
          id: try sessionID("c\(number)"), profile: .root, source: "cli", startedAt: 1, lastActive: Double(number),
          messageCount: 1))
    }
    #expect(ids(rows) == (10..<30).reversed().map { "c\($0)" })
    #expect(ids(rows, SessionListQuery(showsAgentSessions: false)).isEmpty)
  }

  @Test("hides timers' rows unless they are in a project, and then marks them (wire 1.1)")
  func cron() throws {
    let rows = [
      try summary("cron_1"), try summary("x", ["source_tag": "webhook"]),
      try summary("cron_2", ["project_id": "p1"]),
    ]
    #expect(ids(rows) == ["cron_2"])
    #expect(ids(rows, SessionListQuery(excludeHidden: true)).isEmpty)
    let list = SessionList.make(rows: rows, query: SessionListQuery(), isLive: { _ in false }, now: 1)
    #expect(list.rows.first?["default_hidden"] == true)
  }

  @Test("hides a compression snapshot unless nothing else of its lineage has messages (wire 1.1)")
  func snapshots() throws {
    let snapshot = try summary("old", ["pre_compression_snapshot": true])
    #expect(ids([snapshot, try summary("new", ["parent_session_id": "old"])]) == ["new"])
    #expect(ids([snapshot, try summary("new", messages: 0, ["parent_session_id": "old"])]) == ["old"])
    let fork = try summary("fork", ["parent_session_id": "old", "session_source": "fork"])
    #expect(ids([snapshot, fork]) == ["old", "fork"])
  }

  @Test("shows an empty conversation in which somebody is asked something")
  func attention() throws {
    let query = SessionListQuery(attention: { _ in ["kind": "clarify", "count": 1, "severity": "question"] })
    let list = SessionList.make(
      rows: [try summary("a", messages: 0)], query: query, isLive: { _ in false }, now: 1)
    #expect(list.rows.first?["attention"]?["kind"] == "clarify")
  }

  @Test("names archived ancestors of its rows as references")
  func references() throws {
    let rows = [try summary("parent", ["archived": true]), try summary("child", ["parent_session_id": "parent"])]
    let list = SessionList.make(rows: rows, query: SessionListQuery(), isLive: { _ in false }, now: 1)
    #expect(list.ids.map(\.text) == ["child"])
    #expect(list.referenceRows.map { $0["session_id"] } == ["parent"])
    #expect(list.referenceRows.first?["_sidebar_reference_only"] == true)
  }

  @Test("pages archived rows alone")
  func archivedPages() throws {
    let rows =
      try (0..<5).map { try summary("a\($0)", updated: Double($0), ["archived": true]) } + [try summary("open")]
    let query = SessionListQuery(includeArchived: true, archivedLimit: 2, archivedOffset: 1)
    #expect(ids(rows, query) == ["a3", "a2", "open"])
  }

  @Test("gives 2,000 rows as bytes within milliseconds")
  func speed() throws {
    let rows = try (0..<2000).map { try summary("s\($0)", updated: Double($0)) }
    let query = SessionListQuery()
    _ = SessionList.make(rows: rows, query: query, isLive: { _ in false }, now: 1).encodedList()
    let time = ContinuousClock().measure {
      _ = SessionList.make(rows: rows, query: query, isLive: { _ in false }, now: 1).encodedList()
    }
    print("listed 2,000 conversations in \(time)")
    #if !DEBUG
      #expect(time < .milliseconds(20))
    #endif
  }
}
