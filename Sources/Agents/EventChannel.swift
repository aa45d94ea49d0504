import Synchronization

/// Carries the events of one run from the task that makes them to the one reader.
///
/// An `AsyncStream` with a buffer takes everything at once, and a slow reader of a fast model would fill the memory. So
/// the stream pulls from here: when ``limit`` events wait, ``send(_:)`` waits too, and with it the connection to the
/// model.
final class EventChannel: Sendable {
  /// How many events may wait for the reader.
  static let limit = 256

  private struct State {
    var events: [AgentEvent] = []
    var isFinished = false
    var isAbandoned = false
    var onAbandon: (@Sendable () -> Void)?
    var reader: CheckedContinuation<AgentEvent?, Never>?
    var writer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Hands over an event, waiting while too many are unread.
  ///
  /// - Throws: `CancellationError` when the task is cancelled or nobody reads any more; the event may be lost then.
  func send(_ event: AgentEvent) async throws(CancellationError) {
    await waitForRoom()
    if Task.isCancelled { throw CancellationError() }
    let (isAbandoned, reader) = state.withLock { state -> (Bool, CheckedContinuation<AgentEvent?, Never>?) in
      if state.isAbandoned || state.isFinished { return (true, nil) }
      if let reader = state.reader {
        state.reader = nil
        return (false, reader)
      }
      state.events.append(event)
      return (false, nil)
    }
    if isAbandoned { throw CancellationError() }
    reader?.resume(returning: event)
  }

  /// Hands over the last event, which never waits. A second one changes nothing.
  func finish(with event: AgentEvent) {
    let reader = state.withLock { state -> CheckedContinuation<AgentEvent?, Never>? in
      if state.isFinished || state.isAbandoned { return nil }
      state.isFinished = true
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      state.events.append(event)
      return nil
    }
    reader?.resume(returning: event)
  }

  /// What to do when nobody reads any more: stop making events.
  func onAbandon(_ action: @escaping @Sendable () -> Void) {
    let isAbandoned = state.withLock { state in
      if !state.isAbandoned { state.onAbandon = action }
      return state.isAbandoned
    }
    if isAbandoned { action() }
  }

  /// The reader's end. Made once a channel; when it is dropped, the channel is abandoned.
  func makeStream() -> AsyncStream<AgentEvent> {
    let end = ReadingEnd(channel: self)
    return AsyncStream(unfolding: { await end.channel.next() }, onCancel: { end.channel.abandon() })
  }

  private func next() async -> AgentEvent? {
    // A writer waits only while events are there, so the event is taken at once and the writer finds its room.
    defer { wakeWriter() }
    return await withCheckedContinuation { continuation in
      let (event, isOver) = state.withLock { state -> (AgentEvent?, Bool) in
        if !state.events.isEmpty { return (state.events.removeFirst(), false) }
        if state.isFinished || state.isAbandoned { return (nil, true) }
        state.reader = continuation
        return (nil, false)
      }
      if event != nil || isOver { continuation.resume(returning: event) }
    }
  }

  private func waitForRoom() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let hasRoom = state.withLock { state in
          // Cancellation is looked at under the lock: the handler below takes the same lock, so that it either finds
          // the continuation or has run before this line.
          if state.events.count < EventChannel.limit || state.isAbandoned || Task.isCancelled { return true }
          state.writer = continuation
          return false
        }
        if hasRoom { continuation.resume() }
      }
    } onCancel: {
      wakeWriter()
    }
  }

  private func wakeWriter() {
    let writer = state.withLock { state in
      let writer = state.writer
      state.writer = nil
      return writer
    }
    writer?.resume()
  }

  fileprivate func abandon() {
    let (reader, action) = state.withLock { state in
      state.isAbandoned = true
      let taken = (state.reader, state.onAbandon)
      state.reader = nil
      state.onAbandon = nil
      state.events = []
      return taken
    }
    reader?.resume(returning: nil)
    wakeWriter()
    action?()
  }
}

/// Tells the channel when the stream that holds it is gone.
private final class ReadingEnd: Sendable {
  let channel: EventChannel

  init(channel: EventChannel) {
    self.channel = channel
  }

  deinit {
    channel.abandon()
  }
}
