import Agents
public import JSON
public import Store

/// The conversations and turns of one profile: all that a handler gets. What belongs to another profile answers as if
/// it were not there (invariant 46; architecture, idea 2).
public struct ProfileSessions: Sendable {
  /// The profile of the request.
  public let profile: ProfileName

  private let turns: Turns
  private let profiles: Profiles
  private let databases: AgentDatabases

  /// The conversations of a profile.
  public init(profile: ProfileName, turns: Turns, profiles: Profiles, databases: AgentDatabases) {
    self.profile = profile
    self.turns = turns
    self.profiles = profiles
    self.databases = databases
  }

  private var store: SessionStore { turns.services.store }

  // MARK: Reading

  /// A conversation's metadata. A turn that died with an older process is ended first.
  ///
  /// - Returns: Nil when there is no such conversation here.
  /// - Throws: Errors of the store.
  public func summary(_ id: SessionID) async throws -> SessionSummary? {
    guard let summary = try await store.summary(id), owns(summary) else { return nil }
    return await turns.settle(summary) ?? summary
  }

  /// A part of a conversation's transcript.
  ///
  /// - Returns: Nil when there is no such conversation here.
  /// - Throws: Errors of the store.
  public func page(_ id: SessionID, _ window: TranscriptWindow) async throws -> (SessionSummary, TranscriptPage)? {
    guard try await summary(id) != nil else { return nil }
    return try await store.page(id, window)
  }

  /// A conversation that only the agent knows; nil when it does not know it either, or it was deleted here.
  public func foreign(_ id: SessionID, workspace: String) async -> JSONObject? {
    if store.isDeleted(id) { return nil }
    return await databases[profile].foreignStub(of: id, workspace: workspace)
  }

  /// A conversation with a part of its transcript, and whether its turn is under way: all from one moment. A turn that
  /// ends between the look at the file and the look at the turns would otherwise show a conversation without its prompt.
  ///
  /// - Parameter window: Which messages; nil for none.
  /// - Returns: Nil when there is no such conversation here.
  /// - Throws: Errors of the store.
  public func read(
    _ id: SessionID, _ window: TranscriptWindow?
  ) async throws -> (summary: SessionSummary, page: TranscriptPage?, isStreaming: Bool)? {
    for _ in 0..<3 {
      let before = live(id)?.id
      guard let summary = try await summary(id) else { return nil }
      guard let window else { return (summary, nil, isStreaming(summary)) }
      guard let (read, page) = try await store.page(id, window) else { return nil }
      if live(id)?.id == before || read.activeStreamID == nil { return (read, page, isStreaming(read)) }
    }
    guard let (read, page) = try await store.page(id, window ?? .all) else { return nil }
    return (read, page, isStreaming(read))
  }

  /// Whether the turn that the file calls running is under way in this process.
  public func isStreaming(_ summary: SessionSummary) -> Bool {
    summary.activeStreamID.map { turns.live(summary.id)?.id == $0 } ?? false
  }

  /// A conversation as clients get it, credentials hidden as the settings say.
  ///
  /// - Parameters:
  ///   - page: The messages and tool cards; nil for the metadata alone.
  ///   - isStreaming: What ``read(_:_:)`` found; nil asks now.
  public func answer(
    _ summary: SessionSummary, _ page: TranscriptPage? = nil, isStreaming: Bool? = nil
  ) async -> JSONObject {
    let masked = await turns.services.masks()
    let isStreaming = isStreaming ?? self.isStreaming(summary)
    if let page { return SessionAnswer.object(summary, page, isStreaming: isStreaming, masked: masked) }
    return SessionAnswer.compact(summary, isStreaming: isStreaming, masked: masked)
  }

  /// A title as clients get it.
  public func shownTitle(_ summary: SessionSummary) async -> String {
    await turns.services.masks() ? CredentialMask.masked(summary.title) : summary.title
  }

  /// The turn of a conversation that is under way; nil when there is none, or the conversation is another profile's.
  public func live(_ id: SessionID) -> LiveTurn? {
    turns.live(id).flatMap { owns($0) ? $0 : nil }
  }

  // MARK: Changing

  /// Changes a conversation under its lock and saves it.
  ///
  /// - Parameters:
  ///   - touch: Whether `updated_at` becomes now.
  ///   - reason: What those who watch the list are told; nil when nothing of a row changes.
  /// - Returns: The conversation as saved; nil when there is no such conversation here.
  /// - Throws: What `change` throws; errors of the store. Then nothing has changed.
  public func edit(
    _ id: SessionID, touch: Bool = true, announcing reason: String?,
    _ change: @escaping @Sendable (inout SessionDocument) throws -> Void
  ) async throws -> SessionSummary? {
    guard try await summary(id) != nil else { return nil }
    let profiles = profiles
    let profile = profile
    do {
      let edit = try await store.edit(id, touch: touch) { document in
        // The owner is checked again where nobody else can change the file.
        guard profiles.matches(row: document.profile, active: profile) else { throw NotHere() }
        try change(&document)
      }
      guard let edit else { return nil }
      if let reason { turns.services.changes.announce(reason, session: id, profile: profile) }
      return edit.summary
    } catch is NotHere {
      return nil
    }
  }

  private struct NotHere: Error {}

  /// A new conversation. It lives in memory until something is saved in it (wire-sessions-chat 1.5).
  public func create(workspace: String, model: String?, modelProvider: String?, projectID: String?, toolsets: [String]?)
    async -> SessionSummary
  {
    var document = SessionDocument(
      new: .random(), workspace: workspace, model: model, modelProvider: modelProvider, profile: profile,
      now: turns.services.now())
    document.projectID = projectID
    document.enabledToolsets = toolsets
    return await store.create(document)
  }

  /// Deletes a conversation. A turn of it that is under way is stopped first.
  ///
  /// - Returns: False when there is no such conversation here.
  /// - Throws: Errors of the store.
  public func delete(_ id: SessionID) async throws -> Bool {
    guard let summary = try await store.summary(id), owns(summary) else { return false }
    if let turn = live(id) { _ = await turns.cancel(turn.id) }
    guard try await store.delete(id) else { return false }
    turns.services.changes.announce("session_delete", session: nil, profile: profile)
    return true
  }

  // MARK: Turns

  /// Starts a turn.
  ///
  /// - Throws: ``Turns/Refusal``; errors of the store.
  public func start(_ prompt: Turns.Prompt, in id: SessionID) async throws -> Turns.Started {
    guard let summary = try await store.summary(id), owns(summary) else { throw Turns.Refusal.noSession }
    let profiles = profiles
    let profile = profile
    return try await turns.start(prompt, in: id, of: profile) { document in
      profiles.matches(row: document.profile, active: profile)
    }
  }

  /// Stops a turn and waits until what there is of it is saved. False when there is no such turn here.
  public func cancel(_ stream: StreamID) async -> Bool {
    guard let turn = turns.registry.turn(stream), owns(turn) else { return false }
    return await turns.cancel(stream)
  }

  /// Whether a turn is under way here.
  public func isLive(_ stream: StreamID) -> Bool {
    turns.registry.turn(stream).map(owns) ?? false
  }

  /// The events of a turn, running or over; nil when there is no such turn here.
  ///
  /// - Throws: Errors of the store.
  public func feed(_ stream: StreamID) async throws -> TurnFeed? {
    guard let session = try await session(of: stream) else { return nil }
    return TurnFeed(stream: stream, session: session, turns: turns)
  }

  /// What the journal says of a run here; nil when there is none.
  ///
  /// - Throws: Errors of the store.
  public func runStatus(_ stream: StreamID) async throws -> RunStatus? {
    guard let session = try await session(of: stream) else { return nil }
    return await turns.status(of: stream, in: session)
  }

  private func session(of stream: StreamID) async throws -> SessionID? {
    if let turn = turns.registry.turn(stream) { return owns(turn) ? turn.session : nil }
    guard let session = await turns.session(of: stream), let summary = try await store.summary(session), owns(summary)
    else { return nil }
    return session
  }

  // MARK: What waits for the user

  /// The oldest approval that waits, and how many do (wire-sessions-chat 3.1).
  public func pendingApproval(_ id: SessionID) -> (oldest: JSONObject?, count: Int) {
    let approvals = live(id)?.pending.approvals ?? []
    return (approvals.first?.object, approvals.count)
  }

  /// The oldest question that waits (wire-sessions-chat 3.2).
  public func pendingQuestion(_ id: SessionID) -> JSONObject? {
    live(id)?.pending.questions.first?.object
  }

  /// Answers an approval; without an id the oldest. False when none of that id waits.
  public func answerApproval(_ id: SessionID, approval: String?, choice: String) async -> Bool {
    guard let turn = live(id), let choice = ApprovalChoice(rawValue: choice) else { return false }
    guard await turn.answerApproval(id: approval, choice) else { return false }
    turns.services.changes.announce("attention_resolved", session: nil, profile: profile)
    return true
  }

  /// Answers a question; without an id the oldest. False when none of that id waits.
  public func answerQuestion(_ id: SessionID, question: String?, text: String) async -> Bool {
    guard let turn = live(id), await turn.answerQuestion(id: question, text) else { return false }
    turns.services.changes.announce("attention_resolved", session: nil, profile: profile)
    return true
  }

  // MARK: The list

  /// The conversations as a client wants to see them. A turn that is not under way in this process is never shown as
  /// running, whatever a file says.
  ///
  /// - Parameter query: Its profile is overruled by the one of these conversations.
  public func list(_ query: SessionListQuery) async -> SessionList {
    var query = query
    let (profiles, turns) = (profiles, turns)
    query.profile = profile
    query.isRootAlias = { profiles.isRoot($0) }
    query.attention = { turns.live($0).flatMap { ProfileSessions.attention(to: $0.pending) } }
    var rows = await store.summaries().map { SessionListRow.session($0) }
    // Of its own agent only, unless the view over all profiles is asked for (invariant 47).
    for owner in query.allProfiles ? await profiles.names() : [profile] {
      rows += await databases[owner].sessionRows().filter { !store.isDeleted($0.id) }.map { .agent($0) }
    }
    return SessionList.make(
      rows: rows, query: query, isLive: { turns.isLive($0) }, now: turns.services.now())
  }

  /// How many conversations are pinned and not archived.
  public func pinnedCount() async -> Int {
    await store.summaries().count { $0.pinned && !$0.archived && owns($0) }
  }

  private static func attention(to pending: PendingRequests) -> JSONObject? {
    if !pending.approvals.isEmpty {
      return ["kind": "approval", "count": .int(pending.approvals.count), "severity": "critical"]
    }
    if !pending.questions.isEmpty {
      return ["kind": "clarify", "count": .int(pending.questions.count), "severity": "question"]
    }
    return nil
  }

  /// Watches the list. Returns what ends it.
  public func followChanges(_ follower: any TurnFollower) -> @Sendable () -> Void {
    turns.services.changes.follow(profile, follower)
  }

  private func owns(_ summary: SessionSummary) -> Bool {
    profiles.matches(row: summary.profile, active: profile)
  }

  private func owns(_ turn: LiveTurn) -> Bool {
    profiles.matches(row: turn.profile.text, active: profile)
  }
}
