import Foundation
import JSON
import Store
import Testing

@Suite("Old run journals make room")
struct RunJournalPruningTests {
  @Test("the newest runs of a conversation stay, older ones go")
  func pruning() throws {
    let home = NSTemporaryDirectory() + "caduceus-test-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: home) }
    let layout = StateLayout(baseHome: home, stateDirectory: home)
    let session = SessionID.random()
    let streams = try (0..<25).map { index in
      let stream = StreamID.random()
      let journal = try RunJournal(creating: layout, session: session, stream: stream)
      try journal.append(event: "stream_end", payload: [:])
      journal.close()
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000 + Double(index))],
        ofItemAtPath: layout.runJournal(session, stream))
      return stream
    }
    let runs = RunJournals(layout: layout)
    runs.prune(session: session)
    let kept = try streams.filter { try runs.status(session: session, stream: $0) != nil }
    #expect(kept == Array(streams.suffix(RunJournals.keptRuns)))
  }
}
