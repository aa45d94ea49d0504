import JSON

/// The messages of a conversation as the agent's database has them (domain 2.4), in the order of their rows.
public struct AgentTranscript: Sendable, Equatable {
  /// One row of the `messages` table.
  public struct Message: Sendable, Equatable {
    /// The row's id; nil only in a database whose table has no such column. It is no member of ``value``, because the
    /// ids of a conversation's file are counted separately and would be taken for the same thing (domain 3.7).
    public let rowID: Int?
    /// The message: `role`, `content`, `timestamp`, then what the row has of `tool_call_id`, `tool_calls`, `tool_name`,
    /// `name`, `reasoning`, `reasoning_details`, `codex_reasoning_items`, `reasoning_content`, `codex_message_items`.
    public let value: JSONObject

    /// A message.
    public init(rowID: Int?, value: JSONObject) {
      self.rowID = rowID
      self.value = value
    }
  }

  /// The conversation.
  public let session: SessionID
  /// The active messages: what a compaction or a rewind set aside is not among them.
  public let messages: [Message]

  /// A transcript.
  public init(session: SessionID, messages: [Message]) {
    self.session = session
    self.messages = messages
  }
}
