import JSON

extension SessionListEntry {
  /// The row as clients see it.
  func object(defaultWorkspace: String) -> JSONObject {
    var object = summary.map { sessionObject($0, defaultWorkspace) } ?? [:]
    if summary == nil, let agent { object = agentObject(agent, defaultWorkspace) }
    if isDefaultHidden { object.insert(true, forKey: "default_hidden", before: "cron_running") }
    if let attention { object["attention"] = .object(attention) }
    if isReference { object["_sidebar_reference_only"] = true }
    return object
  }

  /// Adds the row's bytes. Nearly all rows are as they were the last time, and their bytes are kept.
  func write(to bytes: inout [UInt8], defaultWorkspace: String) {
    guard let summary, !isLive, attention == nil, !isDefaultHidden, !isReference else {
      bytes += object(defaultWorkspace: defaultWorkspace).bytes(.compact)
      return
    }
    let overlay = summary.sourceTag == nil ? source : nil
    bytes += summary.cachedRow(RowVariant(source: overlay, defaultWorkspace: defaultWorkspace)) {
      object(defaultWorkspace: defaultWorkspace).bytes(.compact)
    }
  }

  private func sessionObject(_ summary: SessionSummary, _ defaultWorkspace: String) -> JSONObject {
    var object = summary.listRow(isStreaming: isLive)
    if summary.workspace.isEmpty { object["workspace"] = .string(defaultWorkspace) }
    // The agent's database knows where the conversation came from when the file does not say (golden notes A8).
    if summary.sourceTag == nil, let source {
      object["source_tag"] = .string(source.raw)
      object["raw_source"] = .string(source.raw)
      if summary.sessionSource == nil { object["session_source"] = .string(source.group) }
      object["source_label"] = .string(source.label)
    }
    return object
  }

  private func agentObject(_ agent: AgentSessionRow, _ defaultWorkspace: String) -> JSONObject {
    let source = SessionSource(agent.source)
    return [
      "session_id": .string(agent.id.text), "title": .string(agent.title.nonEmpty ?? "\(source.label) Session"),
      "workspace": .string(agent.workingDirectory.nonEmpty ?? defaultWorkspace), "model": .optional(agent.model),
      "message_count": .int(agent.messageCount), "created_at": .double(agent.startedAt),
      "updated_at": .double(agent.lastActive), "pinned": false, "archived": .bool(agent.isArchived),
      "project_id": nil, "profile": .string(agent.profile.text), "source_tag": .string(source.raw),
      "raw_source": .string(source.raw), "session_source": .string(source.group),
      "source_label": .string(source.label), "parent_session_id": .optional(agent.parentID?.text),
      "parent_title": nil, "parent_source": nil, "relationship_type": nil, "_parent_lineage_root_id": nil,
      "user_message_count": .int(agent.userMessageCount), "_lineage_root_id": nil, "_lineage_tip_id": nil,
      "_compression_segment_count": nil, "is_cli_session": .bool(isCommandLine), "is_streaming": false,
      "cron_running": false, "attention": nil,
    ]
  }
}
