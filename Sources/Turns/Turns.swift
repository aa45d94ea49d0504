import Agents
public import JSON
import Logging
public import Store
import Synchronization

/// Starts, stops and follows turns (architecture, "The life of a turn").
public final class Turns: Sendable {
  /// What a turn begins with.
  public struct Prompt: Sendable {
    /// What the user asks; not empty.
    public var text: String
    /// What came with it, as the client sent it.
    public var attachments: [JSONValue]
    /// The model that was chosen; nil means the conversation's.
    public var model: String?
    /// The provider that was chosen; nil means the conversation's.
    public var modelProvider: String?
    /// The folder that was chosen; nil means the conversation's.
    public var workspace: String?

    /// A prompt.
    public init(
      text: String, attachments: [JSONValue] = [], model: String? = nil, modelProvider: String? = nil,
      workspace: String? = nil
    ) {
      self.text = text
      self.attachments = attachments
      self.model = model
      self.modelProvider = modelProvider
      self.workspace = workspace
    }
  }

  /// A turn that has begun.
  public struct Started: Sendable {
    /// The turn.
    public let turn: LiveTurn
    /// The id in the turn journal.
    public let turnID: String?
    /// The conversation as it was saved with the prompt.
    public let summary: SessionSummary
  }

  /// Why a turn did not begin.
  public enum Refusal: Error, Sendable {
    /// No such conversation.
    case noSession
    /// The conversation has a turn already.
    case active(StreamID)
    /// The conversation may only be read.
    case readOnly
    /// The server is about to stop.
    case stopping
  }

  /// Runs end within a second or two when they are asked to; nobody waits longer than this for one that does not.
  private static let longestStop = Duration.seconds(10)

  let services: TurnServices
  let registry = TurnRegistry()
  private let ends = LastEnd()

  /// Nothing is under way yet.
  public init(_ services: TurnServices) {
    self.services = services
  }

  /// Whether a turn is under way in this process.
  public func isLive(_ stream: StreamID) -> Bool { registry.turn(stream) != nil }

  /// The turn of a conversation that is under way.
  public func live(_ session: SessionID) -> LiveTurn? { registry.turn(of: session) }

  /// When the last turn ended, in seconds since 1970; nil when none has.
  public var lastEnd: Double? { ends.time }

  /// All turns that are under way.
  public var active: [LiveTurn] { registry.all }

  /// Starts a turn: the prompt is on disk when this returns (architecture, idea 7).
  ///
  /// - Throws: ``Refusal``; errors of the store, and then nothing has changed.
  func start(
    _ prompt: Prompt, in session: SessionID, of profile: ProfileName,
    mayUse: @escaping @Sendable (SessionDocument) -> Bool
  ) async throws -> Started {
    let turn = LiveTurn(id: .random(), session: session, profile: profile, startedAt: services.now())
    switch registry.reserve(turn) {
    case .reserved: break
    case .taken(let other): throw Refusal.active(other.id)
    case .closed: throw Refusal.stopping
    }
    do {
      return try await begin(turn, prompt, mayUse: mayUse)
    } catch {
      registry.release(turn)
      turn.ended()
      throw error
    }
  }

  private func begin(
    _ turn: LiveTurn, _ prompt: Prompt, mayUse: @escaping @Sendable (SessionDocument) -> Bool
  ) async throws -> Started {
    let pending = PendingTurn(
      streamID: turn.id, text: prompt.text, attachments: prompt.attachments, startedAt: turn.startedAt, source: nil)
    let stale = try await staleRemains(of: turn.session)
    let services = services
    let edit = try await services.store.edit(turn.session, touch: true) { document in
      guard mayUse(document) else { throw Refusal.noSession }
      if document.isReadOnly { throw Refusal.readOnly }
      let isFirst = document.messages.isEmpty
      // The registry has no turn for this conversation, so whatever the file says is over.
      try TurnRecovery.recover(&document, remains: stale, now: services.now())
      let history = try ModelHistory.make(from: document)
      Turns.apply(prompt, to: &document)
      document.pendingTurn = pending
      return (history: history, isFirst: isFirst)
    }
    guard let edit else { throw Refusal.noSession }
    let (context, summary) = (edit.result, edit.summary)
    let entry = TurnJournal.Turn(session: turn.session, stream: turn.id, now: turn.startedAt)
    await journalSubmission(of: pending, entry, summary)
    let journal = await openJournal(of: turn)
    let endpoint = await services.endpoint(turn.profile)
    let model = summary.model ?? endpoint?.defaultModel
    let request = TurnRequest(
      sessionID: turn.session.text, streamID: turn.id.text, history: context.history, prompt: prompt.text,
      attachments: prompt.attachments.compactMap { $0["path"]?.string }, model: summary.model, endpoint: endpoint,
      workspace: summary.workspace)
    services.changes.announce(
      context.isFirst ? "session_new" : "session_changed", session: turn.session, profile: turn.profile)
    let (registry, ends) = (registry, ends)
    Task.detached {
      var worker = TurnWorker(
        turn: turn, entry: entry, pending: pending, model: model, journal: journal, services: services,
        free: { registry.free(turn) })
      await worker.work(on: request)
      journal?.close()
      // The disk executor throws only what its work throws, and this work throws nothing.
      try? await services.disk.run { services.runs.prune(session: turn.session) }
      registry.release(turn)
      ends.note(services.now())
      turn.ended()
      services.changes.announce("session_changed", session: turn.session, profile: turn.profile)
    }
    return Started(turn: turn, turnID: entry.id, summary: summary)
  }

  /// Asks a turn to stop and waits until what there is of it is saved (domain 4.5). False when there is no such turn.
  func cancel(_ stream: StreamID) async -> Bool {
    guard let turn = registry.turn(stream) else { return false }
    await turn.requestStop(.cancelledByUser)
    await turn.waitForEnd(atMost: Turns.longestStop)
    return true
  }

  /// Stops everything that is under way and saves it; no turn starts from now on.
  public func stop() async {
    registry.close()
    await withTaskGroup(of: Void.self) { group in
      for turn in registry.all {
        group.addTask {
          await turn.requestStop(.serverStops)
          await turn.waitForEnd(atMost: Turns.longestStop)
        }
      }
    }
  }

  private static func apply(_ prompt: Prompt, to document: inout SessionDocument) {
    if let model = prompt.model { document.model = model }
    if let provider = prompt.modelProvider { document.modelProvider = provider }
    if let workspace = prompt.workspace { document.workspace = workspace }
    if ["", "Untitled", "New Chat"].contains(document.title), !document.hasManualTitle {
      let firstLine = prompt.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? prompt.text
      document.title = String(firstLine.unicodeScalars.prefix(64))
    }
  }

  private func journalSubmission(
    of pending: PendingTurn, _ entry: TurnJournal.Turn, _ summary: SessionSummary
  ) async {
    let journal = services.turnJournal
    // The disk executor throws only what its work throws, and this work throws nothing.
    try? await services.disk.run {
      journal.submitted(
        entry, content: pending.text, attachments: pending.attachments, workspace: summary.workspace,
        model: summary.model, modelProvider: summary.modelProvider, now: pending.startedAt)
    }
  }

  private func openJournal(of turn: LiveTurn) async -> RunJournal? {
    let (layout, session, stream) = (services.layout, turn.session, turn.id)
    do {
      return try await services.disk.run {
        try RunJournal(creating: layout, session: session, stream: stream)
      }
    } catch {
      services.logger.error("a run cannot be journaled", metadata: ["session": "\(session)", "error": "\(error)"])
      return nil
    }
  }
}

/// When the last turn ended.
private final class LastEnd: Sendable {
  private let latest = Mutex<Double?>(nil)
  var time: Double? { latest.withLock { $0 } }
  func note(_ now: Double) { latest.withLock { $0 = now } }
}
