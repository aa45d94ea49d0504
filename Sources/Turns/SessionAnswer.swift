public import JSON
public import Store

/// A conversation as clients get it (wire-sessions-chat 1.0).
public enum SessionAnswer {
  /// How many bytes of messages an event carries at most; over it only the newest messages are in it.
  static let eventLimit = 4 << 20

  /// The metadata, the messages of a page and its tool cards.
  ///
  /// - Parameter isStreaming: Whether a turn is under way in this process. If not, whatever the file says about a
  ///   running turn is left out: a dead stream id never leaves the server (invariant 28).
  public static func object(_ summary: SessionSummary, _ page: TranscriptPage?, isStreaming: Bool) -> JSONObject {
    var object = compact(summary, isStreaming: isStreaming)
    object["messages"] = .array(page?.messages ?? [])
    object["tool_calls"] = .array(page?.toolCalls ?? [])
    return object
  }

  /// The metadata alone.
  public static func compact(_ summary: SessionSummary, isStreaming: Bool) -> JSONObject {
    var object = summary.compactObject(isStreaming: isStreaming)
    if !isStreaming {
      object["active_stream_id"] = .null
      object["pending_user_message"] = .null
      object["has_pending_user_message"] = false
    }
    return object
  }
}
