import JSON

/// A part of a transcript, ready to be sent (wire 1.2).
public struct TranscriptPage: Sendable {
  /// The messages, without what is never public (wire 0.8). Those that nobody had to look into are fragments.
  public let messages: [JSONValue]
  /// The tool cards of these messages; in a limited page their `assistant_msg_idx` counts from the page's start.
  public let toolCalls: [JSONValue]
  /// The index of the first message in the transcript.
  public let offset: Int
  /// Whether a limit was asked for and older messages exist.
  public let isTruncated: Bool
  /// How many messages the transcript has.
  public let totalCount: Int
}
