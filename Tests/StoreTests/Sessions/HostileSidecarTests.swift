import Foundation
import JSON
import Logging
import Testing

@testable import Store

@Suite("Files of conversations that somebody wrote to do harm")
struct HostileSidecarTests {
  private func summary(_ members: String) throws -> SessionSummary {
    let text = #"{"session_id":"a1","title":"T",\#(members),"messages":[]}"#
    return SessionSummary(of: try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1")))
  }

  @Test(
    "numbers of any size make a row",
    arguments: [
      #""cache_read_tokens":1e400,"input_tokens":1e400"#, #""cache_read_tokens":1e300,"input_tokens":1e-300"#,
      #""created_at":1e300,"updated_at":-1e300"#, #""created_at":1e400,"updated_at":-1e400,"message_count":1e400"#,
      #""pending_user_message":"x","pending_started_at":1e300"#,
    ])
  func hugeNumbers(members: String) throws {
    let summary = try summary(members)
    let row = try JSONValue(parsing: summary.listRow(isStreaming: true).bytes(.compact))
    #expect(row["session_id"] == "a1")
    #expect(summary.createdAt.isFinite && summary.updatedAt.isFinite && summary.lastMessageAt.isFinite)
    let list = SessionList.make(
      rows: [.session(summary)], query: SessionListQuery(), isLive: { _ in true }, now: 2_000_000_000)
    #expect(throws: Never.self) { try JSONValue(parsing: list.encodedList()) }
    #expect(throws: Never.self) { try JSONValue(parsing: SessionIndex.encode([summary])) }
  }

  @Test("the share of the cache stays between 0 and 100")
  func cacheShare() throws {
    func share(_ read: String, _ input: String) throws -> JSONValue? {
      try summary(#""cache_read_tokens":\#(read),"input_tokens":\#(input)"#)
        .compactObject(isStreaming: false)["cache_hit_percent"]
    }
    #expect(try share("1e300", "1e-300") == 100)
    #expect(try share("1", "3") == 33)
    #expect(try share("1e400", "1e400") == .null)
  }

  @Test(
    "what Python writes and JSON does not know is null in an answer, and as it was in the file",
    arguments: [
      (#"{"role":"assistant","content":"a","cost":NaN}"#, #"{"role":"assistant","content":"a","cost":null}"#),
      (#"{"a":[Infinity,-Infinity,1.50]}"#, #"{"a":[null,null,1.50]}"#), ("NaN", "null"),
      (#"{"content":"NaN is no number, Infinity neither"}"#, #"{"content":"NaN is no number, Infinity neither"}"#),
    ])
  func nonFinite(stored: String, shown: String) throws {
    let text = #"{"messages":[\#(stored)],"tool_calls":[{"seconds":NaN},Infinity]}"#
    let document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    let page = TranscriptPage(of: document, .all)
    #expect(page.messages.map { String(decoding: $0.bytes(.compact), as: UTF8.self) } == [shown])
    #expect(page.toolCalls == [["seconds": nil], nil])
    #expect(String(decoding: document.serialized(), as: UTF8.self).contains(stored))
  }

  @Test(
    "an owner that is no text is nobody: the conversation is in no list and no profile's (C5)", .timeLimit(.minutes(1)))
  func ownerless() async throws {
    let log = RecordedLog()
    let state = try TemporaryState()
    for (index, profile) in ["7", "{}", "false", "[]"].enumerated() {
      try state.write(
        #"{"session_id":"a\#(index)","title":"T","profile":\#(profile),"messages":[{"role":"user","content":"x"}]}"#,
        as: try sessionID("a\(index)"))
    }
    for (index, profile) in ["null", "\"\"", "\"default\""].enumerated() {
      try state.write(
        #"{"session_id":"b\#(index)","title":"T","profile":\#(profile),"messages":[{"role":"user","content":"x"}]}"#,
        as: try sessionID("b\(index)"))
    }
    let store = SessionStore(layout: state.layout, disk: DiskExecutor(), logger: log.logger)
    try await store.open()
    let summaries = await store.summaries()
    for all in [true, false] {
      let query = SessionListQuery(allProfiles: all, isRootAlias: { $0 == "root" })
      let list = SessionList.make(rows: summaries.map { .session($0) }, query: query, isLive: { _ in false }, now: 1)
      #expect(Set(list.ids.map(\.text)) == ["b0", "b1", "b2"])
      #expect(list.otherProfileCount == 0)
    }
    let profiles = try GoldenWorld(captured: false).profiles
    let id = try sessionID("a0")
    #expect(!profiles.matches(row: try await store.summary(id)?.profile, active: .root))
    #expect(!profiles.matches(row: try await store.document(id)?.profile, active: .root))
    #expect(profiles.matches(row: try await store.document(try sessionID("b0"))?.profile, active: .root))
    #expect(log.messages.count { $0.contains("shown to nobody") } == 4)
    _ = try await store.edit(id) { $0.title = "New" }
    #expect(try await store.document(id)?.metadata["profile"] == 7)
  }

  @Test("the root profile cannot take the name of nobody")
  func nobodysName() throws {
    let folder = try TemporaryFolder()
    try folder.write("name: \"\\0nobody\"\ndisplay_name: Me", to: "profile.yaml")
    let description = try ProfileDescription.read(
      folder.path + "/profile.yaml", warn: RepeatedWarning(logger: RecordedLog().logger))
    #expect(description.names == ["Me"])
  }
}
