import JSON

/// What an event says about the end of its run (domain 1.9).
enum RunEventKind {
  /// Whether a run ends with such an event.
  static func isTerminal(_ event: String) -> Bool {
    ["done", "stream_end", "cancel", "apperror", "error"].contains(event)
  }

  /// How the run ended; nil when the event does not end it.
  static func terminalState(_ event: String, type: String?, isToolLimit: Bool) -> String? {
    switch event {
    case "done", "stream_end": isToolLimit ? "tool_limit_reached" : "completed"
    case "cancel": "interrupted-by-user"
    case "apperror", "error":
      switch type {
      case "cancelled": "interrupted-by-user"
      case "interrupted": "interrupted-by-crash"
      default: "errored"
      }
    default: nil
    }
  }

  static func terminalState(_ event: String, _ payload: JSONObject) -> String? {
    let isToolLimit =
      payload["terminal_state"]?.string == "tool_limit_reached" || payload["tool_limit_reached"]?.bool == true
    return terminalState(event, type: payload["type"]?.string, isToolLimit: isToolLimit)
  }
}
