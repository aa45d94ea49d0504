import JSON

/// What a run has said so far, put together from its journal; for a turn that did not come to its end.
public struct StreamedText: Sendable, Equatable {
  /// The answer: the texts of all `token` events.
  public var text = ""
  /// The thinking: the texts of all `reasoning` events.
  public var reasoning = ""
  /// The payloads of `tool` and `tool_complete` events in order, each with its event's name.
  public var toolEvents: [ToolEvent] = []

  /// A tool call that began or ended.
  public struct ToolEvent: Sendable, Equatable {
    /// `tool` or `tool_complete`.
    public let event: String
    /// The event's data.
    public let payload: JSONObject
  }

  /// Whether nothing was said or done.
  public var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && toolEvents.isEmpty }
}
