import JSON
import Logging
import Testing

@testable import Store

@Suite("The journal of turns")
struct TurnJournalTests {
  @Test("writes the recorded lines of a turn as they were (domain 1.9)")
  func recorded() throws {
    let name = "_turn_journal/56f1b45e73b5~10190.jsonl"
    let bytes = try SharedFixtures.bytes("state/sessions/\(name)")
    let state = try TemporaryState()
    let journal = TurnJournal(layout: state.layout, logger: Logger(label: "test"))
    for line in bytes.split(separator: 0x0A) {
      let event = try JSONValue(parsing: line)
      let turn = TurnJournal.Turn(
        session: try sessionID("56f1b45e73b5"), stream: try streamID(try #require(event["stream_id"]?.string)),
        id: event["turn_id"]?.string)
      let now = try #require(event["created_at"]?.double)
      let index = event["assistant_message_index"]?.int ?? 0
      switch event["event"]?.string {
      case "submitted":
        journal.submitted(
          turn, content: event["content"]?.string ?? "", workspace: event["workspace"]?.string ?? "",
          model: event["model"]?.string, modelProvider: event["model_provider"]?.string, now: now)
      case "worker_started": journal.workerStarted(turn, now: now)
      case "assistant_started": journal.assistantStarted(turn, messageIndex: index, now: now)
      case "completed": journal.completed(turn, messageIndex: index, now: now)
      default: journal.interrupted(turn, reason: event["reason"]?.string ?? "", now: now)
      }
    }
    let folder = state.layout.sessionsDirectory + "/_turn_journal"
    let written = try #require(Folder.names(in: folder).first)
    #expect(try AtomicFile.read("\(folder)/\(written)") == bytes)
  }

  @Test("turn ids begin with the time of the turn")
  func turnID() throws {
    let turn = TurnJournal.Turn(session: try sessionID("a1"), stream: try streamID("s1"), now: 1795250978.71)
    #expect(turn.id.hasPrefix("20261121T084938Z-"))
    #expect(turn.id.count == 29)
  }

  @Test("a failure is no error")
  func failure() throws {
    let layout = StateLayout(baseHome: "/proc/nowhere", stateDirectory: "/proc/nowhere")
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let turn = TurnJournal.Turn(session: try sessionID("a1"), stream: try streamID("s1"))
    TurnJournal(layout: layout, logger: logger).workerStarted(turn)
  }
}
