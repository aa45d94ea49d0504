extension SessionList {
  /// How many rows that only the agent has are shown at most (domain 3.14, step 7).
  static let agentRowLimit = 20

  /// Filters and orders rows. The order of the steps is a requirement: profiles before the chats of messengers
  /// (domain 3.14, invariants 46 to 48).
  ///
  /// - Parameters:
  ///   - rows: Every conversation; for the aggregate view those of all profiles' databases. Deleted ones must be left out.
  ///   - query: What is wanted.
  ///   - isLive: Whether a stream lives. A row whose stream does not is never shown as running (invariant 28).
  ///   - now: Seconds since 1970; times beyond it count as now, so that a wrong clock pins nothing to the top.
  public static func make(
    rows: [SessionListRow], query: SessionListQuery, isLive: (StreamID) -> Bool, now: Double
  ) -> SessionList {
    let all = candidates(rows, query, isLive)
    let shown = withoutHidden(all, query)
    let own = query.allProfiles ? shown : shown.filter { query.matches(profile: $0.profile) }
    // Rows of the agent alone are read of one profile; what other profiles have is counted in our files.
    let others = shown.count - own.count
    let ordered = inOrder(own, now: now)
    let deduplicated = query.showsPreviousMessaging ? ordered : newestOfEachChat(ordered)
    let capped = capAgentRows(deduplicated)
    let visible = capped.filter(\.isVisible)
    let archived = visible.filter(\.isArchived)
    let current = query.includeArchived ? page(visible, query) : visible.filter { !$0.isArchived }
    let counted = query.includeArchived ? visible : current
    return SessionList(
      entries: query.source.map { half in current.filter { $0.isCommandLine == (half == .cli) } } ?? current,
      references: query.includeArchived ? [] : references(of: current, in: own),
      defaultWorkspace: query.defaultWorkspace,
      agentCount: capped.count { $0.summary == nil },
      archivedCount: archived.count, archivedWebUICount: archived.count { !$0.isCommandLine },
      archivedCLICount: archived.count(where: \.isCommandLine), otherProfileCount: others,
      webUICount: counted.count { !$0.isCommandLine }, cliCount: counted.count(where: \.isCommandLine))
  }

  /// Steps 1 and 3: one entry a conversation, without those in which nothing has happened.
  private static func candidates(
    _ rows: [SessionListRow], _ query: SessionListQuery, _ isLive: (StreamID) -> Bool
  ) -> [SessionListEntry] {
    var agents: [SessionID: SessionListRow] = [:]
    var known: Set<SessionID> = []
    for row in rows {
      switch row {
      case .session(let summary): known.insert(summary.id)
      case .agent(let agent): agents[agent.id] = agents[agent.id] ?? row
      }
    }
    return rows.compactMap { row in
      switch row {
      case .session(let summary):
        if summary.isOwnerless || !query.showsAgentSessions && summary.isCommandLine { return nil }
        let entry = SessionListEntry(
          row, agent: agents[summary.id], isLive: summary.activeStreamID.map(isLive) ?? false,
          attention: query.attention(summary.id))
        return entry.isEmpty ? nil : entry
      case .agent(let agent):
        if !query.showsAgentSessions || !known.insert(agent.id).inserted { return nil }
        return SessionListEntry(row, agent: row, isLive: false, attention: query.attention(agent.id))
      }
    }
  }

  /// Step 2: compression snapshots and what timers and hooks started.
  private static func withoutHidden(_ entries: [SessionListEntry], _ query: SessionListQuery) -> [SessionListEntry] {
    let snapshots = entries.contains { $0.summary?.isCompressionSnapshot ?? false }
    let lineages = snapshots ? SessionLineages(entries) : nil
    return entries.compactMap { entry in
      if entry.summary?.isCompressionSnapshot ?? false {
        return lineages?.isOnlyOneWithMessages(entry) ?? false ? entry : nil
      }
      guard entry.source?.isHidden ?? false || entry.id.text.hasPrefix("cron_") else { return entry }
      guard entry.summary?.projectID != nil, !query.excludeHidden else { return nil }
      var entry = entry
      entry.isDefaultHidden = true
      return entry
    }
  }

  /// Step 4: running ones first, then by the time of the last message; then by that of the last change.
  private static func inOrder(_ entries: [SessionListEntry], now: Double) -> [SessionListEntry] {
    let order = entries.indices.sorted { left, right in
      let (left, right) = (entries[left], entries[right])
      if left.isLive != right.isLive { return left.isLive }
      let (leftTime, rightTime) = (min(left.time, now), min(right.time, now))
      if leftTime != rightTime { return leftTime > rightTime }
      if left.updatedAt != right.updatedAt { return left.updatedAt > right.updatedAt }
      return left.id > right.id
    }
    return order.map { entries[$0] }
  }

  /// Step 6: of each chat of a messenger the newest. The entries come newest first.
  private static func newestOfEachChat(_ entries: [SessionListEntry]) -> [SessionListEntry] {
    var seen: Set<[String]> = []
    return entries.filter { entry in entry.messagingIdentity.map { seen.insert($0).inserted } ?? true }
  }

  /// Step 7.
  private static func capAgentRows(_ entries: [SessionListEntry]) -> [SessionListEntry] {
    var count = 0
    return entries.filter { entry in
      guard entry.summary == nil else { return true }
      count += 1
      return count <= agentRowLimit
    }
  }

  /// Pages the archived rows alone.
  private static func page(_ entries: [SessionListEntry], _ query: SessionListQuery) -> [SessionListEntry] {
    guard let limit = query.archivedLimit else { return entries }
    var passed = 0
    return entries.filter { entry in
      guard entry.isArchived else { return true }
      passed += 1
      return passed > query.archivedOffset && passed <= query.archivedOffset + limit
    }
  }

  /// Archived ancestors of the rows that are shown.
  private static func references(of shown: [SessionListEntry], in own: [SessionListEntry]) -> [SessionListEntry] {
    let archived = own.filter(\.isArchived)
    if archived.isEmpty { return [] }
    let byID = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
    var wanted: Set<SessionID> = []
    for entry in shown {
      var next = entry.parent
      var seen: Set<SessionID> = []
      while let id = next, seen.insert(id).inserted {
        wanted.insert(id)
        next = byID[id]?.parent
      }
    }
    return archived.filter { wanted.contains($0.id) }.map { entry in
      var entry = entry
      entry.isReference = true
      return entry
    }
  }
}
