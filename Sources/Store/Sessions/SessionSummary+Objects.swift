import JSON

extension SessionSummary {
  /// The compact session of nearly every answer, with the keys and the order that clients know (wire 1.0).
  ///
  /// - Parameter isStreaming: Whether its stream lives. If not, `active_stream_id` is null, whatever is stored
  ///   (invariant 28).
  public func compactObject(isStreaming: Bool) -> JSONObject {
    compactObject(streamID: isStreaming ? activeStreamID : nil, isStreaming: isStreaming)
  }

  /// The row that `_index.json` has of it: the compact session as stored (domain 1.7).
  func indexRow() -> JSONObject {
    compactObject(streamID: activeStreamID, isStreaming: false)
  }

  private func compactObject(streamID: StreamID?, isStreaming: Bool) -> JSONObject {
    var object: JSONObject = [:]
    for (key, fallback) in Self.keys {
      if let value = derived(key, streamID: streamID, isStreaming: isStreaming) {
        object[key] = value
      } else if let fallback {
        let stored = metadata[key] ?? fallback
        object[key] = stored.hasSameKind(as: fallback) ? stored : fallback
      } else {
        object[key] = presentOnlyWhenSet(key)
      }
    }
    return object
  }

  /// Keys that are not passed on as they are stored.
  private func derived(_ key: String, streamID: StreamID?, isStreaming: Bool) -> JSONValue? {
    switch key {
    case "session_id": .string(id.text)
    case "model_provider": .optional(modelProvider)
    case "message_count": .int(messageCount)
    case "created_at": number(key, or: createdAt)
    case "updated_at": number(key, or: updatedAt)
    case "last_message_at": .double(lastMessageAt)
    case "cache_hit_percent": .optional(cacheHitPercent)
    case "created_workspace": .string(metadata[key]?.string ?? workspace)
    case "user_message_count": .int(userMessageCount)
    case "active_stream_id": .optional(streamID?.text)
    case "has_pending_user_message": .bool(hasPendingUserMessage)
    case "is_streaming": .bool(isStreaming)
    default: Optional.none
    }
  }

  /// A stored number in its own spelling.
  private func number(_ key: String, or fallback: Double) -> JSONValue {
    if let stored = metadata[key], stored.double != nil { return stored }
    return .double(fallback)
  }

  /// Keys of groups that are there only for some conversations.
  private func presentOnlyWhenSet(_ key: String) -> JSONValue? {
    let isPresent: Bool
    switch key {
    case "parent_session_id": isPresent = parentSessionID != nil
    case "worktree_path", "worktree_branch", "worktree_repo_root", "worktree_created_at":
      isPresent = worktreePath != nil
    default:
      isPresent = ["compression_recovery_source_session_id", "compression_recovery_action"].contains {
        metadata[$0]?.string.nonEmpty != nil
      }
    }
    guard isPresent else { return Optional.none }
    return metadata[key] ?? .null
  }

  private var cacheHitPercent: Int? {
    let read = metadata["cache_read_tokens"]?.double ?? 0
    let input = metadata["input_tokens"]?.double ?? 0
    guard read > 0, input > 0 else { return nil }
    // Numbers of a file may have any size; the quotient may be infinite, and what is no number counts as missing.
    return Int(exactly: min(max((read / input * 100).rounded(.toNearestOrEven), 0), 100))
  }

  /// The row of the sidebar (wire 1.1).
  ///
  /// - Parameter isStreaming: Whether its stream lives. If not, `active_stream_id` is null.
  public func listRow(isStreaming: Bool) -> JSONObject {
    var row: JSONObject = [:]
    for (key, value) in compactObject(isStreaming: isStreaming) where Self.listKeys.contains(key) {
      row[key] = key == "profile" && value.isNull ? "default" : value
    }
    if isStreaming, let pendingStartedAt { row["pending_started_at"] = .double(pendingStartedAt) }
    row["cron_running"] = false
    row["attention"] = .null
    return row
  }

  /// Every key in its order, with the value of files that do not have it; nil for what is worked out or may be missing.
  private static let keys: [(key: String, fallback: JSONValue?)] = [
    ("session_id", nil), ("title", "Untitled"), ("workspace", ""), ("model", ""), ("model_provider", nil),
    ("message_count", nil), ("created_at", nil), ("updated_at", nil), ("last_message_at", nil), ("pinned", false),
    ("archived", false), ("project_id", .null), ("profile", .null), ("input_tokens", 0), ("output_tokens", 0),
    ("estimated_cost", .null), ("cache_read_tokens", 0), ("cache_write_tokens", 0), ("cache_hit_percent", nil),
    ("personality", .null), ("compression_anchor_visible_idx", .null), ("compression_anchor_message_key", .null),
    ("compression_anchor_summary", .null), ("pre_compression_snapshot", false), ("context_engine", .null),
    ("compression_anchor_engine", .null), ("compression_anchor_mode", .null), ("compression_anchor_details", [:]),
    ("context_engine_state", [:]), ("context_length", .null), ("threshold_tokens", .null),
    ("last_prompt_tokens", .null), ("post_compression_context_tokens_estimate", .null), ("compression_recovery", [:]),
    ("recommended_recovery_action", .null), ("gateway_routing", .null), ("gateway_routing_history", []),
    ("manual_title", false), ("parent_session_id", nil), ("created_workspace", nil),
    ("compression_recovery_source_session_id", nil), ("compression_recovery_action", nil), ("worktree_path", nil),
    ("worktree_branch", nil), ("worktree_repo_root", nil), ("worktree_created_at", nil), ("user_message_count", nil),
    ("active_stream_id", nil), ("pending_user_message", .null), ("has_pending_user_message", nil),
    ("is_cli_session", false), ("source_tag", .null), ("raw_source", .null), ("session_source", .null),
    ("source_label", .null), ("read_only", false), ("enabled_toolsets", .null), ("composer_draft", [:]),
    ("process_wakeup_pause", [:]), ("share_token", .null), ("share_created_at", .null), ("is_streaming", nil),
  ]

  /// What of the compact session is in a row of the sidebar.
  private static let listKeys: Set<String> = [
    "session_id", "title", "workspace", "model", "model_provider", "message_count", "created_at", "updated_at",
    "last_message_at", "pinned", "archived", "project_id", "profile", "input_tokens", "output_tokens",
    "estimated_cost", "cache_read_tokens", "cache_write_tokens", "cache_hit_percent", "personality",
    "pre_compression_snapshot", "context_length", "gateway_routing", "parent_session_id", "worktree_path",
    "worktree_branch", "user_message_count", "active_stream_id", "has_pending_user_message", "is_cli_session",
    "source_tag", "raw_source", "session_source", "source_label", "read_only", "is_streaming",
  ]
}

extension JSONValue {
  /// Whether a stored value may stand where `fallback` is the default: nothing is known of values that may be null.
  fileprivate func hasSameKind(as fallback: JSONValue) -> Bool {
    switch (fallback, self) {
    case (.null, _), (.bool, .bool), (.number, .number), (.array, .array), (.object, .object): true
    case (.string, .string), (.string, .null): true
    default: false
    }
  }
}
