import JSON

/// The live fields of a turn as one value: all of them are in a file, or none (invariant 23).
public struct PendingTurn: Sendable, Equatable {
  /// The stream of the turn.
  public var streamID: StreamID
  /// The prompt.
  public var text: String
  /// What was attached to the prompt, as stored.
  public var attachments: [JSONValue]
  /// When the turn began, in seconds since 1970.
  public var startedAt: Double
  /// Who began it; nil for the user of the page.
  public var source: String?

  /// A turn.
  public init(
    streamID: StreamID, text: String, attachments: [JSONValue] = [], startedAt: Double, source: String? = nil
  ) {
    self.streamID = streamID
    self.text = text
    self.attachments = attachments
    self.startedAt = startedAt
    self.source = source
  }

  /// The keys of a file that the value is mapped onto.
  static let keys = [
    "active_stream_id", "pending_user_message", "pending_attachments", "pending_started_at", "pending_user_source",
  ]
}
