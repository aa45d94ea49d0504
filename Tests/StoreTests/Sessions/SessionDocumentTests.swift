import JSON
import Testing

@testable import Store

@Suite("A conversation's file")
struct SessionDocumentTests {
  @Test("loading and writing recorded files gives the same bytes (domain 1.3)", arguments: ["state", "state-crashed"])
  func byteIdentity(state: String) throws {
    for name in try SharedFixtures.sidecars(state) {
      let bytes = try SharedFixtures.bytes("\(state)/sessions/\(name)")
      let document = try SessionDocument(parsing: bytes, id: try sessionID(String(name.dropLast(5))))
      #expect(document.serialized() == bytes, "\(name)")
    }
  }

  @Test("a rename changes title, manual_title and updated_at, and nothing else")
  func rename() throws {
    for name in try SharedFixtures.sidecars("state") {
      let bytes = try SharedFixtures.bytes("state/sessions/\(name)")
      var document = try SessionDocument(parsing: bytes, id: try sessionID("a1"))
      guard document.metadata["manual_title"] != nil else { continue }
      document.title = "New \"title\" ✓"
      document.hasManualTitle = true
      document.updatedAt = 1_800_000_000.5
      let before = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let after = String(decoding: document.serialized(), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      #expect(before.count == after.count)
      for (old, new) in zip(before, after) where old != new {
        #expect(["  \"title\"", "  \"manual_title\"", "  \"updated_at\""].contains { new.hasPrefix($0) }, "\(new)")
      }
      #expect(after.contains("  \"title\": \"New \\\"title\\\" ✓\","))
    }
  }

  @Test("unknown keys survive load and save, wherever they stand (invariant 9)")
  func unknownKeys() throws {
    let text = #"{"session_id":"a1","new_thing":{"deep":[1.0,2e3]},"title":"T","messages":[{"x":1}],"later":[1],"n":7}"#
    var document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    document.messages.append(message("user", "hi"))
    let again = try SessionDocument(parsing: document.serialized(), id: document.id)
    #expect(again.metadata["new_thing"]?.text == #"{"deep": [1.0, 2e3]}"#)
    #expect(try again.tailValue("later") == [1])
    #expect(again.tail["n"] == 7)
    #expect(again.messages.count == 2)
    #expect(Array(again.messages[0].bytes) == Array(#"{"x":1}"#.utf8))
  }

  @Test("files of both eras load, with message_count or without, and keep it as it was")
  func twoEras() throws {
    let older = #"{"session_id":"a1","title":"T","created_at":1,"updated_at":2,"messages":[],"tool_calls":[]}"#
    var document = try SessionDocument(parsing: Array(older.utf8), id: try sessionID("a1"))
    document.messages.append(message("user", "hi"))
    #expect(try JSONValue(parsing: document.serialized())["message_count"] == nil)
    let newer = #"{"session_id":"a1","message_count":0,"anchor_scene_index":{},"messages":[]}"#
    document = try SessionDocument(parsing: Array(newer.utf8), id: try sessionID("a1"))
    document.messages.append(message("user", "hi"))
    #expect(try JSONValue(parsing: document.serialized())["message_count"] == 1)
  }

  @Test("the metadata of a file that has it behind the messages is found")
  func messagesFirst() throws {
    let text = #"{"messages":[{"role":"user","content":"x"}],"title":"Late","session_id":"a1"}"#
    let document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    #expect(document.title == "Late")
    #expect(document.messages.count == 1)
  }

  @Test("tool cards and the model's context are found before the messages too, and are not written twice")
  func tailBeforeMessages() throws {
    let text = #"""
      {"session_id":"a1","title":"T","created_at":1,"updated_at":2,"tool_calls":[{"name":"look"}],
      "context_messages":[{"role":"user"}],"anchor_activity_scenes":{"a":1},"own":3,"messages":[{"x":1}],"z":1}
      """#
    var document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    #expect(try document.toolCalls() == [["name": "look"]])
    #expect(try document.contextMessages() == [["role": "user"]])
    #expect(TranscriptPage(of: document, .all).toolCalls == [["name": "look"]])
    #expect(document.metadata["tool_calls"] == nil)
    #expect(try #require(SidecarHead.parse(Array(text.utf8)))["tool_calls"] == nil)
    document.title = "New"
    let saved = try #require(try JSONValue(parsing: document.serialized()).object)
    #expect(saved["tool_calls"] == [["name": "look"]])
    #expect(saved["context_messages"] == [["role": "user"]])
    #expect(saved["anchor_activity_scenes"] == ["a": 1])
    #expect(saved["own"] == 3)
  }

  @Test("the metadata of a file without messages does not hide its tool cards")
  func tailWithoutMessages() throws {
    let document = try SessionDocument(parsing: Array(#"{"tool_calls":[1]}"#.utf8), id: try sessionID("a1"))
    #expect(try document.toolCalls() == [1])
  }

  @Test("a new conversation has the keys of recorded ones in their order")
  func newKeys() throws {
    let recorded = try SharedFixtures.json("state/sessions/56f1b45e73b5.json")
    let document = SessionDocument(
      new: try sessionID("a1"), workspace: "/w", model: "m", modelProvider: nil, profile: .root, now: 1)
    #expect(try JSONValue(parsing: document.serialized()).object?.keys == recorded.object?.keys)
  }

  @Test(
    "what is no conversation is told apart (domain 6, 1 and 2)",
    arguments: [
      ("", SidecarError.Corruption.empty), (" \n", .empty), ("[]", .notAnObject), ("3", .notAnObject),
      ("{\"a\":1} {", .notOneObject), ("{\"messages\":{}}", .messagesNotAnArray),
    ])
  func corruption(text: String, expected: SidecarError.Corruption) throws {
    let id = try sessionID("a1")
    #expect(throws: SidecarError.corrupt(expected)) { try SessionDocument(parsing: Array(text.utf8), id: id) }
  }

  @Test("bytes that are no UTF-8 are told apart")
  func notUTF8() throws {
    let id = try sessionID("a1")
    let bytes = Array("{\"title\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
    #expect(throws: SidecarError.corrupt(.notUTF8)) { try SessionDocument(parsing: bytes, id: id) }
  }

  @Test("a file cut at any byte is never taken for a conversation")
  func truncation() throws {
    let bytes = try SharedFixtures.bytes("state/sessions/a0b448150c1c.json")
    let id = try sessionID("a1")
    for count in 0..<bytes.count {
      #expect(throws: SidecarError.self, "cut at \(count)") {
        try SessionDocument(parsing: Array(bytes[..<count]), id: id)
      }
      #expect(SidecarHead.parse(Array(bytes[..<count])).map { $0["session_id"] != nil } ?? true)
    }
  }

  @Test("random damage never crashes the loader, and what loads can be written and loaded again")
  func damage() throws {
    let original = try SharedFixtures.bytes("state/sessions/a0b448150c1c.json")
    let id = try sessionID("a1")
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...127, using: &generator)
      }
      guard let document = try? SessionDocument(parsing: bytes, id: id) else { continue }
      #expect(throws: Never.self) { try SessionDocument(parsing: document.serialized(), id: id) }
    }
  }

  @Test("the live fields of a turn are set together and cleared together (invariant 23)")
  func pendingTurn() throws {
    let bytes = try SharedFixtures.bytes("state-crashed/sessions/58a3ba4ed9af.json")
    var document = try SessionDocument(parsing: bytes, id: try sessionID("58a3ba4ed9af"))
    let turn = try #require(document.pendingTurn)
    #expect(turn.streamID.text == "9c7755a7c1aa4f3eb9188065b808b34a")
    document.pendingTurn = nil
    #expect(!document.hasTurnFields)
    #expect(document.metadata["pending_attachments"] == [])
    document.pendingTurn = turn
    #expect(document.pendingTurn == turn)
  }

  @Test("clearing the live fields of a file that has none changes nothing")
  func clearingNothing() throws {
    let document = try SessionDocument(parsing: Array(#"{"title":"T","messages":[]}"#.utf8), id: try sessionID("a1"))
    var copy = document
    copy.pendingTurn = nil
    #expect(copy == document)
  }

  @Test("a stream id without a prompt is readable, and is cleared with the rest")
  func streamIDAlone() throws {
    let text = #"{"title":"T","active_stream_id":"abc","pending_user_message":null,"messages":[]}"#
    var document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    #expect(document.pendingTurn == nil)
    #expect(document.storedStreamID?.text == "abc")
    document.pendingTurn = nil
    #expect(document.storedStreamID == nil)
  }
}
