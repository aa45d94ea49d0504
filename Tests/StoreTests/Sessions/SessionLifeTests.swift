import Foundation
import JSON
import Testing

@testable import Store

@Suite("Conversations that come and go")
struct SessionLifeTests {
  @Test("a new conversation has no file until its first change, and is found by id meanwhile (wire 1.5)")
  func shells() async throws {
    let state = try TemporaryState()
    let store = try await state.opened()
    let document = SessionDocument(
      new: .random(), workspace: "/w", model: "m", modelProvider: nil, profile: .root, now: 1)
    _ = await store.create(document)
    #expect(try await store.summary(document.id)?.workspace == "/w")
    #expect(try await store.page(document.id, .all)?.1.totalCount == 0)
    #expect(await store.summaries().isEmpty)
    _ = try await store.edit(document.id) { _ in }
    #expect(state.contents().keys.contains("\(document.id).json") == false)
    _ = try await store.edit(document.id) { $0.messages.append(message("user", "hi")) }
    #expect(await store.summaries().map(\.id) == [document.id])
    #expect(try await store.edit(document.id) { $0.title = "T" }?.summary.messageCount == 1)
  }

  @Test("a first save never overwrites a file that has appeared meanwhile (invariant 15)")
  func exclusive() async throws {
    let state = try TemporaryState()
    let store = try await state.opened()
    let document = SessionDocument(
      new: try sessionID("a1"), workspace: "/w", model: "m", modelProvider: nil, profile: nil, now: 1)
    _ = await store.create(document)
    try state.write(#"{"title":"Theirs","messages":[]}"#, as: document.id)
    await #expect(throws: SidecarError.alreadyExists) { try await store.edit(document.id) { $0.title = "Ours" } }
    #expect(try AtomicFile.read(state.layout.sidecar(document.id)) == Array(#"{"title":"Theirs","messages":[]}"#.utf8))
  }

  @Test("at most a thousand unsaved conversations are kept, the oldest go first")
  func shellBound() throws {
    var shells = SessionShells()
    let start = ContinuousClock.now
    let ids = (0...SessionShells.capacity).map { _ in SessionID.random() }
    for (offset, id) in ids.enumerated() {
      let document = SessionDocument(new: id, workspace: "", model: nil, modelProvider: nil, profile: nil, now: 1)
      shells.add(document, now: start + .milliseconds(offset))
    }
    #expect(shells.count == SessionShells.capacity)
    #expect(shells.use(ids[0], now: start) == nil)
    #expect(shells.use(ids[1], now: start + .seconds(2)) != nil)
    #expect(shells.use(ids[2], now: start + .seconds(1801)) == nil)
  }

  @Test("deleting removes file, backup and journals, leaves a tombstone, and the id stays gone (invariant 21)")
  func delete() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let id = try sessionID("dd84f05261ab")
    #expect(try await store.delete(id))
    #expect(try await store.delete(try sessionID("never-there")) == false)
    #expect(state.contents().keys.contains { $0.hasPrefix(id.text) } == false)
    #expect(FileStamp(of: state.layout.runJournals(id)) == nil)
    let turns = Folder.names(in: state.layout.sessionsDirectory + "/_turn_journal")
    #expect(turns.contains { $0.hasPrefix(id.text) } == false)
    try state.write(#"{"title":"Back","messages":[]}"#, as: id)
    #expect(store.isDeleted(id))
    #expect(try await store.summary(id) == nil)
    #expect(try await store.edit(id) { $0.title = "x" } == nil)
    #expect(await store.summaries().contains { $0.id == id } == false)
    let file = try JSONValue(parsing: try AtomicFile.read(state.layout.tombstonesFile))
    #expect(file["ids"] == ["7f48e7465fe0", "9557f259fc71", "dd84f05261ab", "ffffffffffff"])
    #expect(!store.isDeleted(try sessionID("never-there")))
    #expect(file["version"] == 1)
    #expect(try await state.opened().isDeleted(id))
  }

  @Test("at most a thousand tombstones are kept, the new one among them")
  func tombstoneBound() throws {
    var tombstones = Tombstones(at: "/nonexistent")
    for number in 0..<1100 { tombstones = tombstones.adding(try sessionID("s\(number)")) }
    #expect(tombstones.ids.count == 1000)
    #expect(tombstones.ids.contains(try sessionID("s1099")))
  }

  @Test("files that another program adds, replaces or removes are noticed; underscored ones are none (domain 1.1)")
  func otherProgram() async throws {
    let state = try TemporaryState(copying: "state")
    let store = try await state.opened()
    let count = await store.summaries().count
    let id = try sessionID("0123abcd4567")
    try AtomicFile.replace(
      state.layout.sidecar(id), with: try SharedFixtures.bytes("state-shrunk/sessions/0123abcd4567.json"))
    try AtomicFile.replace(state.layout.sessionsDirectory + "/_other.json", with: Array("{}".utf8))
    #expect(await store.summaries().count == count + 1)
    let summary = try #require(try await store.summary(id))
    #expect(summary.title == "Minimal file")
    #expect(summary.messageCount == 2)
    try state.write(#"{"session_id":"x","title":"Second","created_at":1,"updated_at":2,"messages":[]}"#, as: id)
    #expect(try await store.summary(id)?.title == "Second")
    #expect(await store.summaries().first { $0.id == id }?.title == "Second")
    unlink(state.layout.sidecar(id))
    #expect(await store.summaries().count == count)
    #expect(try await store.summary(id) == nil)
  }

  @Test("opening 2,000 conversations of a megabyte does not read their transcripts")
  func openReadsHeads() async throws {
    let state = try TemporaryState()
    let filler = String(repeating: "x", count: 1 << 20)
    var rows: [JSONValue] = []
    // A hole in the file stands for most of them: what is not read need not be there.
    for number in 0..<2000 {
      var document = SessionDocument(
        new: try sessionID("s\(number)"), workspace: "/w", model: "m", modelProvider: nil, profile: .root, now: 5)
      document.metadata["message_count"] = 1
      let isFull = number < 20
      document.messages.append(message("user", isFull ? filler : "x"))
      rows.append(.object(SessionSummary(of: document).indexRow()))
      let path = state.layout.sidecar(document.id)
      try AtomicFileForTests.write(document.serialized(), to: path, padding: isFull ? 0 : 1 << 20)
    }
    try AtomicFile.replace(state.layout.indexFile, with: JSONValue.array(rows).bytes(.indented))
    let store = state.store()
    let clock = ContinuousClock()
    let time = try await clock.measure { try await store.open() }
    #expect(await store.summaries().count == 2000)
    #expect(store.files.bytesRead.value <= 2000 * 4096)
    print("opened 2,000 conversations in \(time)")
  }
}

/// Writes without flushing, which two thousand files have no need of.
enum AtomicFileForTests {
  static func write(_ bytes: [UInt8], to path: String, padding: Int) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    if padding > 0 { truncate(path, off_t(bytes.count + padding)) }
  }
}
