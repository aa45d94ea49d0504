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
    let text: String
    let reasoning: String
    /// Whether the journal says that the turn came to its end, so that everything was saved before.
    let isComplete: Bool
  }

  static let grace = 30.0

  /// - Returns: Whether the document was changed.
  @discardableResult
  static func recover(_ document: inout SessionDocument, remains: Remains?, now: Double) -> Bool {
    guard document.hasTurnFields else { return false }
    let stream = document.storedStreamID
    if let pending = document.pendingTurn ?? orphanedPrompt(of: document, now: now) {
      TurnMerge.addPrompt(pending, to: &document, recovered: true)
      if let remains, remains.stream == stream { addRemains(remains, to: &document, now: now) }
      if now - pending.startedAt >= grace, remains?.isComplete != true {
        document.messages.append(FailureMessage.interruptionRow(at: now))
      }
    }
    document.pendingTurn = nil
    return true
  }

  /// A prompt without a stream id, as another program may leave it.
  private static func orphanedPrompt(of document: SessionDocument, now: Double) -> PendingTurn? {
    guard let text = document.storedPendingText else { return nil }
    return PendingTurn(
      streamID: .random(), text: text, attachments: document.metadata["pending_attachments"]?.array ?? [],
      startedAt: document.metadata["pending_started_at"]?.double ?? 0)
  }

  private static func addRemains(_ remains: Remains, to document: inout SessionDocument, now: Double) {
    guard !remains.isComplete, !(remains.text.isEmpty && remains.reasoning.isEmpty) else { return }
    var row: JSONObject = ["role": "assistant", "content": .string(remains.text)]
    if !remains.reasoning.isEmpty { row["reasoning"] = .string(remains.reasoning) }
    row["_partial"] = true
    row["timestamp"] = .int(Int(now))
    row["_recovered_from_run_journal"] = true
    row["_recovered_stream_id"] = .string(remains.stream.text)
    document.messages.append(row)
  }
}
