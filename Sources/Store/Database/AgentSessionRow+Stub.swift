import JSON

extension AgentSessionRow {
  /// The session object of a conversation without a file (wire-sessions-chat 1.2, as captured).
  ///
  /// - Parameters:
  ///   - messages: Its messages.
  ///   - workspace: The folder when the agent keeps none.
  func foreignStub(messages: [AgentTranscript.Message], workspace: String) -> JSONObject {
    let source = SessionSource(self.source)
    let count = messages.count
    var stub: JSONObject = [
      "session_id": .string(id.text),
      "title": .string(title ?? untitled(source)),
      "workspace": .string(workingDirectory ?? workspace),
      "model": .string(model ?? "unknown"),
      "message_count": .int(count),
      "created_at": .double(startedAt),
      "updated_at": .double(lastActive),
      "last_message_at": .double(lastActive),
      "pinned": false,
      "archived": .bool(isArchived),
      "project_id": .null,
      "profile": .string(profile.text),
      "is_cli_session": .bool(!["webui", "messaging"].contains(source.group) && !isDelegated(source)),
      "source_tag": .string(source.raw),
      "raw_source": .string(source.raw),
      "session_source": .string(source.group),
      "source_label": .string(source.label),
      "read_only": .bool(source.isMessaging || isDelegated(source)),
      "messages": .array(messages.map { .object($0.value) }),
      "tool_calls": [],
    ]
    let identity = [
      ("user_id", userID), ("chat_id", chatID), ("chat_type", chatType), ("thread_id", threadID),
      ("session_key", sessionKey),
    ]
    for case (let key, let value?) in identity { stub[key] = .string(value) }
    // Text, not a number: so it was captured, and clients have seen nothing else.
    stub["actual_message_count"] = .string(String(count))
    return stub
  }

  /// Conversations that an agent began with itself can be looked at, not continued.
  private func isDelegated(_ source: SessionSource) -> Bool { source.raw == "subagent" }

  private func untitled(_ source: SessionSource) -> String {
    source.raw == "webui" ? "Recovered WebUI Session" : source.label.isEmpty ? "Untitled" : "\(source.label) Session"
  }
}
