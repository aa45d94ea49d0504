import JSON
import Store

extension Turns {
  /// What the journal says of a run; nil when there is none.
  func status(of stream: StreamID, in session: SessionID) async -> RunStatus? {
    let runs = services.runs
    // A journal that cannot be read is as good as none; the reader of events logs it.
    return try? await services.disk.run { try runs.status(session: session, stream: stream) }
  }

  func journaledEvents(of stream: StreamID, in session: SessionID, after cursor: Int) async throws -> [JournaledEvent] {
    let runs = services.runs
    return try await services.disk.run {
      try runs.read(session: session, stream: stream, after: cursor)
    }
  }

  /// Whose conversation a run belongs to, running or over.
  func session(of stream: StreamID) async -> SessionID? {
    if let turn = registry.turn(stream) { return turn.session }
    let runs = services.runs
    // As above.
    return try? await services.disk.run { runs.find(stream: stream) }
  }
}
