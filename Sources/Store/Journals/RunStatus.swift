import JSON

/// How far a run has come, by its journal (wire 2.3).
public struct RunStatus: Sendable, Equatable {
  /// The conversation.
  public let session: SessionID
  /// The run.
  public let stream: StreamID
  /// The number of the last event.
  public let lastSequence: Int
  /// The id of the last event.
  public let lastEventID: String
  /// The name of the last event.
  public let lastEvent: String
  /// Whether the run has ended.
  public let isTerminal: Bool
  /// How it ended; nil when it has not.
  public let terminalState: String?

  /// The object of the answers: `journal` and `runtime_journal`.
  ///
  /// - Parameter isActive: Whether somebody works on the run; a run that has not ended and has nobody was lost.
  public func object(isActive: Bool) -> JSONObject {
    [
      "session_id": .string(session.text), "run_id": .string(stream.text), "last_seq": .int(lastSequence),
      "last_event_id": .string(lastEventID), "last_event": .string(lastEvent), "terminal": .bool(isTerminal),
      "terminal_state": .string(terminalState ?? (isActive ? "running" : "lost-worker-bookkeeping")),
    ]
  }
}
