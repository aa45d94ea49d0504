import JSON

/// A row on its way through the list: what filters and order need, as plain values.
struct SessionListEntry {
  let summary: SessionSummary?
  let id: SessionID
  /// The raw source, of the file or of the agent's database.
  let source: SessionSource?
  let isLive: Bool
  /// By what the list is ordered, in seconds since 1970.
  let time: Double
  let updatedAt: Double
  let attention: JSONObject?
  var isDefaultHidden = false
  var isReference = false

  /// The agent's row, behind a reference: entries are moved around much.
  private let agentRow: SessionListRow?

  init(_ row: SessionListRow, agent: SessionListRow?, isLive: Bool, attention: JSONObject?) {
    agentRow = agent
    self.isLive = isLive
    self.attention = attention
    let tag: String?
    switch row {
    case .session(let summary):
      self.summary = summary
      id = summary.id
      updatedAt = summary.updatedAt
      let last = summary.lastMessageAt
      let first = last != 0 ? last : updatedAt != 0 ? updatedAt : summary.createdAt
      time = isLive ? max(first, summary.pendingStartedAt ?? 0) : first
      tag = summary.sourceTag
    case .agent(let agent):
      summary = nil
      id = agent.id
      updatedAt = agent.lastActive
      time = agent.lastActive != 0 ? agent.lastActive : agent.startedAt
      tag = nil
    }
    source = (tag ?? agent?.agent?.source).map { SessionSource($0) }
  }

  /// The agent's row of a conversation with a file, or the row itself.
  var agent: AgentSessionRow? { agentRow?.agent }

  var profile: String? { if let summary { summary.profile } else { agent?.profile.text } }

  var isArchived: Bool { summary?.archived ?? agent?.isArchived ?? false }

  /// Whether it belongs into the half of the sidebar for command-line sessions.
  var isCommandLine: Bool { summary?.isCommandLine ?? (source?.raw == "cli") }

  var messageCount: Int { summary?.messageCount ?? agent?.messageCount ?? 0 }

  var parent: SessionID? { summary.map { $0.parentSessionID.flatMap { SessionID($0) } } ?? agent?.parentID }

  var isFork: Bool { summary?.sessionSource == "fork" }

  /// The five-part predicate (domain 3.17, invariant 54).
  var isEmpty: Bool {
    guard let summary else { return false }
    return summary.title == "Untitled" && summary.messageCount == 0 && summary.activeStreamID == nil
      && !summary.hasPendingUserMessage && summary.worktreePath == nil
  }

  /// Wire 1.1, filter 6.
  var isVisible: Bool {
    messageCount > 0 || attention != nil || isLive || summary?.hasPendingUserMessage ?? false
  }

  /// The identity of a messenger's chat (domain 3.14); nil for everything else.
  var messagingIdentity: [String]? {
    guard let source, source.isMessaging else { return nil }
    if let key = agent?.sessionKey.nonEmpty { return [source.raw, "key", key] }
    return [source.raw] + [agent?.chatType, agent?.chatID, agent?.threadID, agent?.userID].map { $0 ?? "" }
  }
}

extension SessionListRow {
  fileprivate var agent: AgentSessionRow? { if case .agent(let agent) = self { agent } else { nil } }
}
