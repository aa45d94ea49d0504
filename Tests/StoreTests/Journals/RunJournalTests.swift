import Foundation
import JSON
import Testing

@testable import Store

@Suite("The journal of a run")
struct RunJournalTests {
  @Test("the status of recorded runs is the recorded one (http 836 to 843)", arguments: 836...843)
  func recordedStatus(number: Int) throws {
    let state = try TemporaryState(copying: "state")
    let journals = RunJournals(layout: state.layout)
    let answer = try SharedFixtures.answer(number)
    let stream = try streamID(try #require(answer["stream_id"]?.string))
    let session = try #require(journals.find(stream: stream))
    let status = try #require(try journals.status(session: session, stream: stream))
    #expect(.object(status.object(isActive: false)) == answer["journal"])
  }

  @Test("a run that has not ended is running, or lost when nobody works on it (http 522)")
  func lostRun() throws {
    let state = try TemporaryState(copying: "state-crashed")
    let journals = RunJournals(layout: state.layout)
    let answer = try SharedFixtures.answer(522)
    let stream = try streamID(try #require(answer["stream_id"]?.string))
    let session = try #require(journals.find(stream: stream))
    let status = try #require(try journals.status(session: session, stream: stream))
    #expect(.object(status.object(isActive: false)) == answer["journal"])
    #expect(status.object(isActive: true)["terminal_state"] == "running")
    #expect(!status.isTerminal)
  }

  private func journal(_ state: TemporaryState) throws -> RunJournal {
    try RunJournal(creating: state.layout, session: try sessionID("a1"), stream: try streamID("s1"))
  }

  @Test("lines have the keys of recorded ones in their order, and mode 0600")
  func form() throws {
    let state = try TemporaryState()
    let journal = try journal(state)
    #expect(try journal.append(event: "token", payload: ["text": "é\n"], now: 5) == 1)
    #expect(try journal.append(event: "cancel", payload: ["type": "cancelled"], now: 6) == 2)
    let path = state.layout.runJournal(journal.session, journal.stream)
    let lines = String(decoding: try AtomicFile.read(path), as: UTF8.self)
    #expect(
      lines == """
        {"version":1,"event_id":"s1:1","seq":1,"run_id":"s1","session_id":"a1","event":"token","type":"token",\
        "created_at":5.0,"terminal":false,"terminal_state":null,"payload":{"text":"é\\n"}}
        {"version":1,"event_id":"s1:2","seq":2,"run_id":"s1","session_id":"a1","event":"cancel","type":"cancel",\
        "created_at":6.0,"terminal":true,"terminal_state":"interrupted-by-user","payload":{"type":"cancelled"}}

        """)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("every recorded line would be written as it was")
  func recordedLines() throws {
    let state = try TemporaryState(copying: "state")
    let folder = SharedFixtures.golden("state/sessions/_run_journal/56f1b45e73b5")
    for name in Folder.names(in: folder) {
      let bytes = try AtomicFile.read("\(folder)/\(name)")
      let stream = try streamID(String(name.dropLast(6)))
      let session = try sessionID("56f1b45e73b5")
      unlink(state.layout.runJournal(session, stream))
      let journal = try RunJournal(creating: state.layout, session: session, stream: stream)
      for line in RunJournalLines(bytes: bytes, stream: stream) {
        let payload = try #require(try JSONValue(parsing: line.event.payload.bytes, limits: .files).object)
        try journal.append(event: line.name, payload: payload, now: line.event.createdAt)
      }
      #expect(try AtomicFile.read(state.layout.runJournal(session, stream)) == bytes)
    }
  }

  @Test("numbers are gapless and unique with many appenders (invariant 34)")
  func parallel() async throws {
    let state = try TemporaryState()
    let journal = try journal(state)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<200 { group.addTask { try journal.append(event: "token", payload: ["text": "x"]) } }
      var numbers: Set<Int> = []
      for try await number in group { numbers.insert(number) }
      #expect(numbers == Set(1...200))
    }
    let read = try RunJournals(layout: state.layout).read(session: journal.session, stream: journal.stream)
    #expect(read.map(\.sequence) == Array(1...200))
  }

  @Test("reading after j gives j+1 to k; torn and malformed lines are skipped (invariant 34)")
  func torn() throws {
    let state = try TemporaryState()
    let journal = try journal(state)
    for number in 1...5 { try journal.append(event: "token", payload: ["text": .int(number)]) }
    let path = state.layout.runJournal(journal.session, journal.stream)
    let whole = try AtomicFile.read(path)
    let journals = RunJournals(layout: state.layout)
    func read(_ bytes: [UInt8], after: Int = 0) throws -> [Int] {
      try AtomicFile.replace(path, with: bytes)
      return try journals.read(session: journal.session, stream: journal.stream, after: after).map(\.sequence)
    }
    #expect(try read(whole, after: 3) == [4, 5])
    let last = try #require(whole.dropLast().lastIndex(of: 0x0A)) + 1
    for end in last..<whole.count { #expect(try read(Array(whole[..<end])) == [1, 2, 3, 4], "cut at \(end)") }
    #expect(try read(Array("garbage\n{\"seq\":1}\n[]\n".utf8) + whole) == [1, 2, 3, 4, 5])
    #expect(try read([]) == [])
    #expect(try journals.status(session: journal.session, stream: journal.stream) == nil)
  }

  @Test("a journal is made once")
  func once() throws {
    let state = try TemporaryState()
    _ = try journal(state)
    #expect(throws: FileError.self) { try journal(state) }
  }

  @Test(
    "the end of a run is its last end that is no stream_end (domain 1.9)",
    arguments: [
      (["apperror", "stream_end"], "errored"), (["done", "title", "stream_end"], "completed"),
      (["stream_end"], "completed"), (["error"], "errored"), (["token", "cancel"], "interrupted-by-user"),
    ])
  func authoritativeEnd(events: [String], state expected: String) throws {
    let state = try TemporaryState()
    let journal = try journal(state)
    for event in events { try journal.append(event: event, payload: [:]) }
    let status = try RunJournals(layout: state.layout).status(session: journal.session, stream: journal.stream)
    #expect(status?.terminalState == expected)
  }

  @Test("what was streamed is put together again")
  func streamedText() throws {
    let state = try TemporaryState(copying: "state-crashed")
    let text = try RunJournals(layout: state.layout).streamedText(
      session: try sessionID("58a3ba4ed9af"), stream: try streamID("9c7755a7c1aa4f3eb9188065b808b34a"))
    #expect(text.text == "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 ")
    #expect(text.reasoning.isEmpty)
  }
}
