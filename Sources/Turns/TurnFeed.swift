import JSON
import Logging
public import Store
import Synchronization

/// The events of one turn, running or over, as one profile may follow them.
public struct TurnFeed: Sendable {
  /// How many bytes may wait for a client that is given what it has missed.
  private static let backlogLimit = 1 << 20

  /// The stream.
  public let stream: StreamID
  private let session: SessionID
  private let turns: Turns

  init(stream: StreamID, session: SessionID, turns: Turns) {
    self.stream = stream
    self.session = session
    self.turns = turns
  }

  /// Gives a follower every event after a cursor, then what comes, then the end. None is missed and none comes twice
  /// (invariant 32). A run that ended without saying so gets a closing `apperror` (wire-sessions-chat 2.2).
  ///
  /// - Parameter cursor: The last sequence that the client has; 0 for none. One beyond the end counts as none.
  /// - Returns: What ends it before its time.
  public func follow(after cursor: Int, _ follower: any TurnFollower) -> @Sendable () -> Void {
    let ending = FeedEnding()
    let task = Task {
      if let turn = turns.registry.turn(stream) {
        await follow(turn, after: cursor, follower, ending)
      } else {
        await replay(after: cursor, follower)
      }
    }
    return {
      task.cancel()
      ending.end()
    }
  }

  private func follow(
    _ turn: LiveTurn, after cursor: Int, _ follower: any TurnFollower, _ ending: FeedEnding
  ) async {
    var cursor = cursor
    while !Task.isCancelled {
      switch turn.stream.follow(after: cursor, follower) {
      case .attached(let key):
        ending.set { turn.stream.detach(key) }
        return
      case .missing(let first, let last):
        let events = await journaled(after: first)
        guard await give(events.lazy.filter { $0.sequence <= last }.map(TurnFeed.turnEvent), to: follower) else {
          return
        }
        // A hole in the journal cannot be filled; go on behind it rather than ask for it for ever.
        cursor = last
      case .behind(let events):
        guard await give(events, to: follower) else { return }
        cursor = events.last?.sequence ?? cursor
      }
    }
  }

  private func replay(after cursor: Int, _ follower: any TurnFollower) async {
    var events = await journaled(after: 0)
    let last = events.last?.sequence ?? 0
    let status = await turns.status(of: stream, in: session)
    if cursor <= last { events.removeAll { $0.sequence <= cursor } }
    guard await give(events.lazy.map(TurnFeed.turnEvent), to: follower) else { return }
    if status?.isTerminal != true { _ = follower.take(interruption(after: last)) }
    follower.end()
  }

  /// Gives no faster than the client takes: what a turn has said may be more than may wait for one client.
  ///
  /// - Returns: Whether somebody still listens.
  private func give(_ events: some Sequence<TurnEvent>, to follower: any TurnFollower) async -> Bool {
    for event in events {
      while follower.backlog > TurnFeed.backlogLimit, !Task.isCancelled {
        // Throws only when the task is cancelled, which the loop looks at.
        try? await Task.sleep(for: .milliseconds(10))
      }
      guard !Task.isCancelled, follower.take(event) else { return false }
    }
    return true
  }

  private func interruption(after last: Int) -> TurnEvent {
    let payload: JSONObject = [
      "type": "interrupted", "recovery_control": true,
      "message": "The server was restarted before this answer was complete.",
      "hint": "What had been written is kept in the conversation; send the prompt again to go on.",
      "session_id": .string(session.text), "stream_id": .string(stream.text), "journal_last_seq": .int(last),
    ]
    return TurnEvent(
      sequence: last + 1, id: "\(stream):\(last + 1)", name: "apperror", data: payload.bytes(.spaced))
  }

  private func journaled(after cursor: Int) async -> [JournaledEvent] {
    do {
      return try await turns.journaledEvents(of: stream, in: session, after: cursor)
    } catch {
      turns.services.logger.warning("the journal of a run cannot be read", metadata: ["error": "\(error)"])
      return []
    }
  }

  private static func turnEvent(_ event: JournaledEvent) -> TurnEvent {
    // A payload that does not parse any more is passed on as it stands.
    let data =
      (try? JSONValue(parsing: event.payload.bytes, limits: .files))?.bytes(.spaced) ?? Array(event.payload.bytes)
    return TurnEvent(sequence: event.sequence, id: event.id, name: event.event, data: data)
  }
}

/// What to do when a follower leaves; it may leave before that is known.
private final class FeedEnding: Sendable {
  private let state = Mutex<(action: (@Sendable () -> Void)?, isOver: Bool)>((nil, false))

  func set(_ action: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      state.action = action
      return state.isOver
    }
    if isOver { action() }
  }

  func end() {
    let action = state.withLock { state in
      state.isOver = true
      return state.action
    }
    action?()
  }
}
