import JSON

extension SessionDocument {
  /// A conversation without messages, with the keys and their order that new files have (golden files, wire 4).
  ///
  /// - Parameters:
  ///   - id: Its id.
  ///   - workspace: An absolute path.
  ///   - model: The model's id.
  ///   - modelProvider: Who serves the model.
  ///   - profile: Whose it is.
  ///   - now: Seconds since 1970.
  public init(
    new id: SessionID, workspace: String, model: String?, modelProvider: String?, profile: ProfileName?, now: Double
  ) {
    var metadata = Self.newMetadata
    metadata["session_id"] = .string(id.text)
    metadata["workspace"] = .string(workspace)
    metadata["created_workspace"] = .string(workspace)
    metadata["model"] = .optional(model)
    metadata["model_provider"] = .optional(modelProvider)
    metadata["created_at"] = .double(now)
    metadata["updated_at"] = .double(now)
    metadata["profile"] = .optional(profile?.text)
    self.init(
      id: id, metadata: metadata, messages: TranscriptMessages(),
      tail: ["tool_calls": [], "anchor_activity_scenes": [:], "context_messages": []])
  }

  /// The keys that a program expects before `messages`; where a file written by hand has them behind, they are moved.
  static let newMetadataKeys = Set(newMetadata.keys)

  /// The keys that are read from ``tail``; where a file written by hand has them before `messages`, they are moved.
  static let tailKeys: Set<String> = ["tool_calls", "anchor_activity_scenes", "context_messages"]

  private static let newMetadata: JSONObject = [
    "session_id": "", "title": "Untitled", "workspace": "", "created_workspace": "", "model": nil,
    "model_provider": nil, "model_explicit_pick_signature": nil, "created_at": 0.0, "updated_at": 0.0,
    "pinned": false, "archived": false, "project_id": nil, "profile": nil, "input_tokens": 0, "output_tokens": 0,
    "estimated_cost": nil, "cache_read_tokens": 0, "cache_write_tokens": 0, "personality": nil,
    "active_stream_id": nil, "pending_user_message": nil, "pending_attachments": [], "pending_started_at": nil,
    "pending_user_source": nil, "compression_anchor_visible_idx": nil, "compression_anchor_message_key": nil,
    "compression_anchor_summary": nil, "pre_compression_snapshot": false, "context_engine": nil,
    "compression_anchor_engine": nil, "compression_anchor_mode": nil, "compression_anchor_details": [:],
    "context_engine_state": [:], "context_length": nil, "threshold_tokens": nil, "last_prompt_tokens": nil,
    "post_compression_context_tokens_estimate": nil, "compression_recovery": [:],
    "recommended_recovery_action": nil, "compression_recovery_source_session_id": nil,
    "compression_recovery_action": nil, "truncation_watermark": nil, "truncation_boundary": nil,
    "clear_generation": nil, "intentional_shrink_generation": nil, "gateway_routing": nil,
    "gateway_routing_history": [], "llm_title_generated": false, "manual_title": false, "parent_session_id": nil,
    "worktree_path": nil, "worktree_branch": nil, "worktree_repo_root": nil, "worktree_created_at": nil,
    "is_cli_session": false, "source_tag": nil, "raw_source": nil, "session_source": nil, "source_label": nil,
    "read_only": false, "enabled_toolsets": nil, "composer_draft": [:], "process_wakeup_pause": [:],
    "share_token": nil, "share_created_at": nil, "message_count": 0, "anchor_scene_index": [:],
  ]
}
