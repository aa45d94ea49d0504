import Synchronization

/// The events of one turn, for any number of followers: each gets a contiguous run of them, none twice (invariant 32).
final class TurnStream: Sendable {
  /// What came of an attempt to follow.
  enum Attachment {
    /// The follower gets everything after its cursor. The number detaches it.
    case attached(Int)
    /// The memory does not reach back so far: what is between the two has to come from the journal first.
    case missing(after: Int, through: Int)
    /// There is more than a client can be given at once: these first, then ask again.
    case behind([TurnEvent])
  }

  private struct State {
    /// The newest events; older ones are in the journal.
    var events: [TurnEvent] = []
    var size = 0
    var followers: [Int: any TurnFollower] = [:]
    var nextKey = 0
    var lastSequence = 0
    var isFinished = false
  }

  /// How many bytes of payload stay in memory for those who come back.
  private static let memoryLimit = 8 << 20
  /// How many bytes of payload a follower is given at once.
  private static let batchLimit = 1 << 20

  /// About what an event's id and name add to its payload.
  private static let frameOverhead = 80

  private let state = Mutex(State())

  /// Tells everybody.
  func publish(_ event: TurnEvent) {
    state.withLock { state in
      if state.isFinished { return }
      if let sequence = event.sequence {
        state.lastSequence = sequence
        state.events.append(event)
        state.size += event.data.count + TurnStream.frameOverhead
        TurnStream.forget(&state)
      }
      for (key, follower) in state.followers where !follower.take(event) { state.followers[key] = nil }
    }
  }

  /// Ends the stream for everybody.
  func finish() {
    let followers = state.withLock { state in
      state.isFinished = true
      defer { state.followers = [:] }
      return Array(state.followers.values)
    }
    for follower in followers { follower.end() }
  }

  /// Gives a follower all events after `cursor`, then what comes. A cursor beyond the end counts as none: better to
  /// repeat than to miss (wire-sessions-chat 2.2).
  func follow(after cursor: Int, _ follower: any TurnFollower) -> Attachment {
    let (attachment, isFinished): (Attachment, Bool) = state.withLock { state in
      let cursor = cursor > state.lastSequence ? 0 : cursor
      let first = state.events.first?.sequence ?? state.lastSequence + 1
      if cursor + 1 < first { return (.missing(after: cursor, through: first - 1), false) }
      let wanted = state.events.drop { ($0.sequence ?? 0) <= cursor }
      var size = 0
      let batch = wanted.prefix { event in
        defer { size += event.data.count + TurnStream.frameOverhead }
        return size < TurnStream.batchLimit
      }
      if batch.count < wanted.count { return (.behind(Array(batch)), false) }
      for event in wanted { _ = follower.take(event) }
      state.nextKey += 1
      if !state.isFinished { state.followers[state.nextKey] = follower }
      return (.attached(state.nextKey), state.isFinished)
    }
    if isFinished { follower.end() }
    return attachment
  }

  /// Forgets a follower.
  func detach(_ key: Int) {
    state.withLock { _ = $0.followers.removeValue(forKey: key) }
  }

  private static func forget(_ state: inout State) {
    guard state.size > memoryLimit else { return }
    var dropped = 0
    while state.size > memoryLimit / 2, dropped < state.events.count - 1 {
      state.size -= state.events[dropped].data.count + frameOverhead
      dropped += 1
    }
    state.events.removeFirst(dropped)
  }
}
