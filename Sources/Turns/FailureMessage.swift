import Agents
import JSON

/// How a turn that went wrong stands in the transcript and in its last event (wire-sessions-chat 2.2, 2.4).
enum FailureMessage {
  static func row(for failure: AgentFailure, at now: Double, seconds: Double) -> JSONObject {
    var content = "**\(label(of: failure.kind)):** \(failure.message)"
    if let hint = failure.hint { content += "\n\n*\(hint)*" }
    var row: JSONObject = [
      "role": "assistant", "content": .string(content), "timestamp": .int(Int(now)), "_error": true,
      "_turnDuration": .double(seconds),
    ]
    if let details = failure.details { row["provider_details"] = .string(details) }
    return row
  }

  static func payload(for failure: AgentFailure, session: JSONObject?, id: String) -> JSONObject {
    var payload: JSONObject = ["message": .string(failure.message), "type": .string(failure.kind.rawValue)]
    if let hint = failure.hint { payload["hint"] = .string(hint) }
    if let details = failure.details { payload["details"] = .string(String(details.prefix(1200))) }
    if let session { payload["session"] = .object(session) }
    payload["session_id"] = .string(id)
    payload["old_session_id"] = .string(id)
    return payload
  }

  static func cancellationRow(at now: Double) -> JSONObject {
    [
      "role": "assistant",
      "content": "**Task cancelled:** Task cancelled.\n\n*You stopped this answer before it was complete.*",
      "_error": true, "provider_details": "Task cancelled.", "provider_details_label": "Cancellation details",
      "timestamp": .int(Int(now)),
    ]
  }

  /// Marks a turn that the server did not live to end (domain 3.9, 6 number 28).
  static func interruptionRow(at now: Double) -> JSONObject {
    [
      "role": "assistant", "content": "**Previous turn did not complete.**", "timestamp": .int(Int(now)),
      "_error": true,
    ]
  }

  private static func label(of kind: AgentFailure.Kind) -> String {
    switch kind {
    case .authentication: "Authentication failed"
    case .rateLimit: "Rate limit reached"
    case .quota: "Quota exhausted"
    case .modelNotFound: "Model not found"
    case .noResponse: "No answer"
    case .unreachable: "Connection lost"
    case .other: "Error"
    }
  }
}
