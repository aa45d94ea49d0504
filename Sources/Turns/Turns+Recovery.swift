import JSON
import Logging
import Store

extension Turns {
  /// Ends what a crash left running, for every conversation, before anybody can ask for one: a server that starts knows
  /// that every stream id it finds on disk is dead (architecture, "The life of a turn").
  ///
  /// - Returns: How many conversations were mended.
  public func recoverAll() async -> Int {
    var count = 0
    for summary in await services.store.summaries() where summary.hasTurnFields {
      if await settle(summary) != nil { count += 1 }
    }
    return count
  }

  /// Ends a turn that the file calls running and that is not (domain 3.8). Each conversation is mended once, under its
  /// lock; a turn that starts meanwhile is left alone (invariant 26).
  ///
  /// - Returns: The conversation as it is now; nil when nothing was changed.
  func settle(_ summary: SessionSummary) async -> SessionSummary? {
    guard summary.hasTurnFields, registry.turn(of: summary.id) == nil else { return nil }
    let remains = await self.remains(of: summary)
    let (registry, services) = (registry, services)
    do {
      let edit = try await services.store.edit(summary.id, touch: false) { document -> PendingTurn? in
        guard registry.turn(of: document.id) == nil, document.storedStreamID == summary.activeStreamID else {
          return nil
        }
        let pending = document.pendingTurn
        try TurnRecovery.recover(&document, remains: remains, now: services.now())
        return pending
      }
      if let pending = edit?.result { markLater(pending, in: summary.id, remains) }
      return edit?.summary
    } catch {
      services.logger.warning(
        "a turn that ended in a crash cannot be cleared up",
        metadata: ["session": "\(summary.id)", "error": "\(error)"])
      return nil
    }
  }

  /// What the journal has of the turn that a file calls running.
  func staleRemains(of session: SessionID) async throws -> TurnRecovery.Remains? {
    guard let summary = try await services.store.summary(session), summary.hasTurnFields else { return nil }
    return await remains(of: summary)
  }

  private func remains(of summary: SessionSummary) async -> TurnRecovery.Remains? {
    guard let stream = summary.activeStreamID else { return nil }
    let (runs, session) = (services.runs, summary.id)
    do {
      return try await services.disk.run {
        let streamed = try runs.streamedText(session: session, stream: stream)
        let status = try runs.status(session: session, stream: stream)
        return TurnRecovery.Remains(
          stream: stream, said: streamed,
          isComplete: status?.lastEvent == "done" || status?.lastEvent == "stream_end")
      }
    } catch {
      services.logger.warning("the journal of a run cannot be read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// Within the grace no marker is written (invariant 25); when it is over and nothing has been said since, it is.
  private func markLater(_ pending: PendingTurn, in session: SessionID, _ remains: TurnRecovery.Remains?) {
    let age = services.now() - pending.startedAt
    guard age < TurnRecovery.grace, remains?.isComplete != true else { return }
    let services = services
    Task {
      try await Task.sleep(for: .seconds(min(TurnRecovery.grace - age, TurnRecovery.grace)))
      _ = try await services.store.edit(session, touch: false) { document in
        guard document.pendingTurn == nil, let last = document.messages.indices.last else { return }
        let row = try document.messages.object(at: last)
        let isOurs =
          row["_recovered_stream_id"]?.string == pending.streamID.text
          || (row["_recovered"]?.bool == true && row["content"]?.string == pending.text)
        if isOurs { document.messages.append(FailureMessage.interruptionRow(at: services.now())) }
      }
    }
  }
}

extension SessionSummary {
  /// Whether the file says that a turn is running, in any of its fields.
  var hasTurnFields: Bool { activeStreamID != nil || hasPendingUserMessage }
}
