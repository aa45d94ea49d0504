public import JSON
public import Store

/// A conversation as clients get it (wire-sessions-chat 1.0).
public enum SessionAnswer {
  /// How many bytes of messages an event carries at most; over it only the newest messages are in it.
  static let eventLimit = 4 << 20

  /// The metadata, the messages of a page and its tool cards.
  ///
  /// - Parameter masked: Whether credentials are hidden in title, messages and tool cards (wire-sessions-chat 0.8).
  /// - Parameter isStreaming: Whether a turn is under way in this process. If not, whatever the file says about a
  ///   running turn is left out: a dead stream id never leaves the server (invariant 28).
  public static func object(
    _ summary: SessionSummary, _ page: TranscriptPage, isStreaming: Bool, masked: Bool
  ) -> JSONObject {
    var object = compact(summary, isStreaming: isStreaming, masked: masked)
    object["messages"] = .array(values(page.messages, masked: masked))
    object["tool_calls"] = .array(values(page.toolCalls, masked: masked))
    return object
  }

  private static func values(_ values: [JSONValue], masked: Bool) -> [JSONValue] {
    guard masked else { return values }
    return values.map { value in
      let bytes: ArraySlice<UInt8>
      if case .fragment(let fragment) = value { bytes = fragment.bytes } else { bytes = value.bytes(.compact)[...] }
      return CredentialMask.masked(bytes).map { .fragment(JSONFragment(trusting: $0[...])) } ?? value
    }
  }

  /// The metadata alone.
  public static func compact(_ summary: SessionSummary, isStreaming: Bool, masked: Bool) -> JSONObject {
    var object = summary.compactObject(isStreaming: isStreaming)
    if masked { object["title"] = .string(CredentialMask.masked(summary.title)) }
    if !isStreaming {
      object["active_stream_id"] = .null
      object["pending_user_message"] = .null
      object["has_pending_user_message"] = false
    }
    return object
  }
}
