import JSON
import Testing

@testable import Store

@Suite("A window of a transcript")
struct TranscriptPageTests {
  private func long() throws -> SessionDocument {
    try SessionDocument(
      parsing: try SharedFixtures.bytes("state/sessions/d5d07b2a18aa.json"), id: try sessionID("d5d07b2a18aa"))
  }

  private func plain(_ values: [JSONValue]) throws -> [JSONValue] {
    try values.map { value in
      if case .fragment(let fragment) = value { return try JSONValue(parsing: fragment.bytes, limits: .files) }
      return value
    }
  }

  @Test("msg_limit=6 gives what the older server gave (http 833)")
  func recorded() throws {
    let expected = try #require(try SharedFixtures.answer(833)["session"])
    let page = TranscriptPage(of: try long(), TranscriptWindow(limit: 6))
    #expect(.array(try plain(page.messages)) == expected["messages"])
    #expect(.array(page.toolCalls) == expected["tool_calls"])
    #expect(page.offset == 11)
    #expect(page.isTruncated)
    #expect(page.totalCount == 18)
  }

  @Test("a tool row at the end stays when it answers a call of the window (http 174)")
  func trailingTool() throws {
    let page = TranscriptPage(of: try long(), TranscriptWindow(limit: 5, before: 15))
    #expect(page.offset == 9)
    #expect(page.messages.count == 6)
    #expect(page.toolCalls.first?["assistant_msg_idx"] == 4)
  }

  @Test("a tool row at the end goes when nothing in the window asked for it")
  func strayTool() throws {
    var document = SessionDocument(
      new: try sessionID("a1"), workspace: "/", model: nil, modelProvider: nil, profile: nil, now: 1)
    document.messages.append(message("user", "one"))
    document.messages.append(message("assistant", "two"))
    document.messages.append(["role": "tool", "content": "x", "tool_call_id": "nobody"])
    let page = TranscriptPage(of: document, TranscriptWindow(limit: 1))
    #expect(page.messages.count == 1)
    #expect(page.offset == 1)
  }

  @Test("msg_before alone gives all that is older, with every tool card as it is (http 175)")
  func beforeOnly() throws {
    let page = TranscriptPage(of: try long(), TranscriptWindow(before: 4))
    #expect(page.messages.count == 4)
    #expect(page.offset == 0)
    #expect(!page.isTruncated)
    #expect(page.toolCalls.map { $0["assistant_msg_idx"] } == [5, 13])
  }

  @Test("limits are moved into 1 to 500 (http 176, 178)")
  func limits() throws {
    #expect(TranscriptPage(of: try long(), TranscriptWindow(limit: 0)).offset == 17)
    let all = TranscriptPage(of: try long(), TranscriptWindow(limit: 9999))
    #expect(all.messages.count == 18)
    #expect(!all.isTruncated)
  }

  @Test("long contents of tool rows are cut in limited windows only")
  func clipping() throws {
    var document = SessionDocument(
      new: try sessionID("a1"), workspace: "/", model: nil, modelProvider: nil, profile: nil, now: 1)
    document.messages.append(["role": "assistant", "content": "", "tool_calls": [["id": "c"]]])
    let long = JSONValue.string(String(repeating: "é", count: 5000))
    document.messages.append(["role": "tool", "content": long, "tool_call_id": "c"])
    let limited = TranscriptPage(of: document, TranscriptWindow(limit: 5)).messages[1]
    #expect(limited["_content_truncated"] == true)
    #expect(limited["_content_original_chars"] == 5000)
    #expect(limited["content"]?.string?.hasPrefix(String(repeating: "é", count: 4096) + "\n") == true)
    let whole = try plain(TranscriptPage(of: document, .all).messages)[1]
    #expect(whole["content"]?.string?.count == 5000)
  }

  @Test("private keys never leave (wire 0.8), and messages without them are not opened")
  func privateKeys() throws {
    for name in try SharedFixtures.sidecars("state") {
      let document = try SessionDocument(
        parsing: try SharedFixtures.bytes("state/sessions/\(name)"), id: try sessionID("a1"))
      let page = TranscriptPage(of: document, .all)
      for (index, value) in page.messages.enumerated() {
        let stored = try document.messages.object(at: index)
        let hasPrivate = MessagePublisher.privateKeys.contains { stored[$0] != nil }
        if case .fragment = value { #expect(!hasPrivate) } else { #expect(hasPrivate) }
        let shown = try #require(try plain([value]).first?.object)
        #expect(shown.keys == stored.keys.filter { !MessagePublisher.privateKeys.contains($0) })
      }
    }
  }

  @Test("the user row of the running turn is marked")
  func activeTurn() throws {
    var document = try long()
    document.metadata["active_stream_id"] = .string(
      String(try #require(try document.messages.object(at: 16)["_active_turn_token"]?.string).prefix(32)))
    let page = TranscriptPage(of: document, .all)
    #expect(page.messages[16]["_active_turn_user"] == true)
    #expect(page.messages[14]["_active_turn_user"] == nil)
  }
}
