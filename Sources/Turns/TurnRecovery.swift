import JSON
import Logging
import Store

/// Ends turns that nobody ends any more: after a crash, a restart, or a failed save (domain 3.8, 3.9, 4.7).
///
/// The prompt becomes a message, what the run journal kept of the answer becomes a partial message, the live fields
/// are cleared. The marker is left out while a turn is younger than the grace of 30 seconds (invariant 25).
enum TurnRecovery {
  /// What a dead turn has left in its journal.
  struct Remains: Sendable {
    let stream: StreamID
    let said: StreamedText
    /// Whether the journal says that the turn came to its end, so that everything was saved before.
    let isComplete: Bool
  }

  static let grace = 30.0

  /// - Returns: Whether the document was changed.
  /// - Throws: An error when parts of the file that have to be added to are damaged.
  @discardableResult
  static func recover(_ document: inout SessionDocument, remains: Remains?, now: Double) throws -> Bool {
    guard document.hasTurnFields else { return false }
    let stream = document.storedStreamID
    if let pending = document.pendingTurn ?? orphanedPrompt(of: document) {
      var rows = TurnMerge.promptRow(pending, after: document, recovered: true).map { [$0] } ?? []
      if let remains, remains.stream == stream { rows += partialRow(of: remains, now: now) }
      if now - pending.startedAt >= grace, remains?.isComplete != true {
        rows.append(FailureMessage.interruptionRow(at: now))
      }
      try TurnMerge.append(rows, to: &document)
    }
    document.pendingTurn = nil
    return true
  }

  /// A prompt without a stream id, as another program may leave it.
  private static func orphanedPrompt(of document: SessionDocument) -> PendingTurn? {
    guard let text = document.storedPendingText else { return nil }
    return PendingTurn(
      streamID: .random(), text: text, attachments: document.metadata["pending_attachments"]?.array ?? [],
      startedAt: document.metadata["pending_started_at"]?.double ?? 0)
  }

  private static func partialRow(of remains: Remains, now: Double) -> [JSONObject] {
    let said = remains.said
    guard !remains.isComplete, !said.isEmpty else { return [] }
    var row: JSONObject = ["role": "assistant", "content": .string(said.text)]
    if !said.reasoning.isEmpty { row["reasoning"] = .string(said.reasoning) }
    let tools = partialCalls(said.toolEvents)
    if !tools.isEmpty { row["_partial_tool_calls"] = .array(tools) }
    row["_partial"] = true
    row["timestamp"] = .int(Int(now))
    row["_recovered_from_run_journal"] = true
    row["_recovered_stream_id"] = .string(remains.stream.text)
    return [row]
  }

  /// The tools that were at work: what began, with what came of it where that was still told.
  private static func partialCalls(_ events: [StreamedText.ToolEvent]) -> [JSONValue] {
    let ends = events.filter { $0.event == "tool_complete" }.map(\.payload)
    return events.filter { $0.event == "tool" }.map { start in
      let end = ends.first { $0["tid"] == start.payload["tid"] }
      var call: JSONObject = [
        "name": start.payload["name"] ?? "", "args": start.payload["args"] ?? [:], "done": .bool(end != nil),
        "tid": start.payload["tid"] ?? "",
      ]
      if let end {
        call["duration"] = end["duration"] ?? .null
        call["is_error"] = end["is_error"] ?? false
        call["snippet"] = end["preview"] ?? ""
      }
      return .object(call)
    }
  }
}
