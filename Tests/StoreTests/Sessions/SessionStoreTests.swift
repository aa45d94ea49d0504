import Foundation
import JSON
import Testing

@testable import Store

@Suite("The store of conversations")
struct SessionStoreTests {
  @Test("summaries have the counts and times of the older server's index, corrected where that was stale (notes A8)")
  func recordedSummaries() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let rows = try #require(try SharedFixtures.json("state/sessions/_index.json").array)
    #expect(await store.summaries().count == rows.count)
    for row in rows {
      let id = try sessionID(try #require(row["session_id"]?.string))
      var expected = try #require(row.object)
      if id.text == "20261121_080000_abc123" { expected["message_count"] = 4 }
      if id.text == "a0b448150c1c" {
        // An empty workspace became the older server's working directory (domain 6, number 9).
        expected["workspace"] = ""
        expected["created_workspace"] = ""
      }
      let summary = try #require(try await store.summary(id))
      #expect(summary.indexRow().keys == expected.keys)
      for (key, value) in expected { #expect(summary.indexRow()[key] == value, "\(id) \(key)") }
    }
  }

  @Test("the compact session of GET /api/session is the recorded one (http 820 to 829)")
  func recordedCompact() async throws {
    let store = try await TemporaryState(copying: "state").opened()
    for number in [820, 821, 822, 823, 824, 825, 826, 827, 829, 832] {
      let expected = try #require(try SharedFixtures.answer(number)["session"]?.object)
      let id = try sessionID(try #require(expected["session_id"]?.string))
      let compact = try #require(try await store.summary(id)).compactObject(isStreaming: false)
      #expect(Array(expected.keys.prefix(compact.count)) == compact.keys, "\(number)")
      // The numbers of the model's context are resolved above the store, where a file has none.
      for (key, value) in compact where !["context_length", "threshold_tokens", "last_prompt_tokens"].contains(key) {
        #expect(expected[key] == value, "\(number) \(key)")
      }
    }
  }

  @Test("deleting the index or filling it with garbage loses nothing (invariant 7)")
  func indexHeals() async throws {
    let expected = try await TemporaryState(copying: "state").opened().summaries().map { $0.indexRow().bytes(.compact) }
    for garbage in ["", "{}", "[1,2,{}]", "[{\"session_id\":\"../x\"}]", "nonsense"] {
      let state = try TemporaryState(copying: "state")
      try AtomicFile.replace(state.layout.indexFile, with: Array(garbage.utf8))
      let store = try await state.opened()
      #expect(Set(await store.summaries().map { $0.indexRow().bytes(.compact) }) == Set(expected))
      await store.close()
      let written = try JSONValue(parsing: try AtomicFile.read(state.layout.indexFile))
      #expect(written.array?.count == expected.count)
    }
  }

  @Test("the index is written in the older server's form, the last changed first (domain 1.7)")
  func indexForm() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    await store.close()
    let rows = try #require(try JSONValue(parsing: try AtomicFile.read(state.layout.indexFile)).array)
    let recorded = try #require(try SharedFixtures.json("state/sessions/_index.json").array)
    #expect(rows.map { $0["session_id"] } == recorded.map { $0["session_id"] })
    #expect(rows.map { $0.object?.keys } == recorded.map { $0.object?.keys })
  }

  @Test("stored values of a wrong kind are replaced by the defaults, never by null")
  func wrongKinds() throws {
    let text = #"{"title":7,"created_at":"x","updated_at":2.50,"pinned":"yes","composer_draft":[],"messages":[]}"#
    let document = try SessionDocument(parsing: Array(text.utf8), id: try sessionID("a1"))
    let compact = SessionSummary(of: document, fallbackTime: 9).compactObject(isStreaming: false)
    #expect(compact["title"] == "Untitled")
    #expect(compact["created_at"] == 2.5)
    #expect(compact["updated_at"]?.text == "2.50")
    #expect(compact["pinned"] == false)
    #expect(compact["composer_draft"] == [:])
    #expect(compact["worktree_path"] == nil)
  }

  @Test("an edit that changes nothing writes nothing")
  func noChange() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    await store.close()
    let before = state.contents()
    let id = try sessionID("d5d07b2a18aa")
    _ = try await store.edit(id) { $0.title = "Long conversation" }
    #expect(state.contents() == before)
  }

  @Test("a shrinking edit keeps the old bytes, a growing one leaves the backup alone (invariant 3)")
  func shrinkBackup() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let id = try sessionID("d5d07b2a18aa")
    let original = try AtomicFile.read(state.layout.sidecar(id))
    _ = try await store.edit(id) { $0.messages.append(message("user", "more")) }
    #expect(FileStamp(of: state.layout.backup(id)) == nil)
    let grown = try AtomicFile.read(state.layout.sidecar(id))
    _ = try await store.edit(id) { $0.messages.removeLast(5) }
    #expect(try AtomicFile.read(state.layout.backup(id)) == grown)
    #expect(original != grown)
    _ = try await store.edit(id) { $0.messages.append(message("user", "again")) }
    #expect(try AtomicFile.read(state.layout.backup(id)) == grown)
  }

  @Test("a backup that cannot be made does not prevent the save (invariant 5)")
  func backupFails() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let id = try sessionID("d5d07b2a18aa")
    try AtomicFile.makeFolder(state.layout.backup(id) + "/in-the-way")
    let edited = try #require(try await store.edit(id) { $0.messages.removeLast(5) })
    #expect(edited.summary.messageCount == 13)
  }

  @Test("what an edit throws leaves the file as it was")
  func throwingEdit() async throws {
    struct Refused: Error {}
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let id = try sessionID("d5d07b2a18aa")
    let before = try AtomicFile.read(state.layout.sidecar(id))
    await #expect(throws: Refused.self) {
      try await store.edit(id) { document in
        document.messages.removeAll()
        throw Refused()
      }
    }
    #expect(try AtomicFile.read(state.layout.sidecar(id)) == before)
  }

  @Test("a corrupt file is never overwritten, and its error is told apart from a missing one")
  func corruptFile() async throws {
    let state = try TemporaryState(copying: "state")
    let id = try sessionID("1c93720a7c80")
    let cut = Array(try AtomicFile.read(state.layout.sidecar(id)).prefix(1000))
    try AtomicFile.replace(state.layout.sidecar(id), with: cut)
    let store = try await state.opened()
    #expect(await store.summaries().contains { $0.id == id } == false)
    await #expect(throws: SidecarError.self) { try await store.summary(id) }
    await #expect(throws: SidecarError.self) { try await store.edit(id) { $0.title = "x" } }
    #expect(try AtomicFile.read(state.layout.sidecar(id)) == cut)
    #expect(try await store.summary(try sessionID("unknown")) == nil)
  }

  @Test("emptying a conversation while its turn runs is refused (wire 4)")
  func emptyWhileRunning() async throws {
    let store = try await TemporaryState(copying: "state-crashed").opened()
    await #expect(throws: SidecarError.wouldEmptyRunningSession) {
      try await store.edit(try sessionID("58a3ba4ed9af")) { $0.messages.removeAll() }
    }
  }

  @Test("a hundred edits at once all land, one after the other (invariants 1 and 6)")
  func parallelEdits() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let id = try sessionID("a0b448150c1c")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask { _ = try await store.edit(id) { $0.messages.append(message("user", "n\(number)")) } }
      }
      try await group.waitForAll()
    }
    let document = try #require(try await store.document(id))
    let texts = try document.messages.indices.map { try document.messages.object(at: $0)["content"]?.string ?? "" }
    #expect(Set(texts).isSuperset(of: (0..<100).map { "n\($0)" }))
    #expect(document.messages.count == 102)
    #expect(state.contents().keys.contains { $0.contains(".tmp.") } == false)
  }

  @Test("who waits too long for a conversation is told that it is busy")
  func busy() async throws {
    let state = try TemporaryState(copying: "state")
    let store = state.store(lockLimit: .milliseconds(50))
    try await store.open()
    let id = try sessionID("a0b448150c1c")
    try await store.locks.acquire(id, within: .seconds(1))
    await #expect(throws: SessionBusy(session: id)) { try await store.edit(id) { $0.title = "x" } }
    store.locks.release(id)
    #expect(try await store.edit(id) { $0.title = "x" } != nil)
  }

  @Test("drafts do not touch updated_at (invariant 44)")
  func draft() async throws {
    let store = try await TemporaryState(copying: "state").opened()
    let id = try sessionID("d5d07b2a18aa")
    let before = try #require(try await store.summary(id)).updatedAt
    let edited = try await store.edit(id, touch: false) { $0.composerDraft = ["text": "hi", "files": []] }
    #expect(edited?.summary.updatedAt == before)
    let touched = try await store.edit(id) { $0.pinned = false }
    #expect(touched?.summary.updatedAt == 2_000_000_000)
  }
}
