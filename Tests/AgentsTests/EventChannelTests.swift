import Testing

@testable import Agents

@Suite("Event channel")
struct EventChannelTests {
  @Test("makes a fast writer wait for a slow reader, and loses nothing")
  func backPressure() async throws {
    let channel = EventChannel()
    let stream = channel.makeStream()
    let sent = Counter()
    try await withThrowingTaskGroup { group in
      group.addTask {
        for number in 0..<2000 {
          try await channel.send(.token("\(number)"))
          sent.value = number + 1
        }
        channel.finish(with: .finished(.complete))
      }
      var count = 0
      for await event in stream {
        // One event may be on its way into the channel beside those that wait there.
        #expect(sent.value <= count + EventChannel.limit + 1)
        if count < 2000 { #expect(event == .token("\(count)")) }
        count += 1
      }
      #expect(count == 2001)
      try await group.waitForAll()
    }
  }

  @Test("lets a waiting writer go when its task is cancelled, and still takes the last event")
  func cancelledWriter() async throws {
    let channel = EventChannel()
    let stream = channel.makeStream()
    let writer = Task {
      while true { try await channel.send(.token("x")) }
    }
    writer.cancel()
    await #expect(throws: CancellationError.self) { try await writer.value }
    channel.finish(with: .finished(.interrupted))
    let events = await stream.reduce(into: []) { $0.append($1) }
    #expect(events.last == .finished(.interrupted))
  }

  @Test("tells the writer when the stream is dropped")
  func droppedStream() async throws {
    let channel = EventChannel()
    let abandoned = Counter()
    channel.onAbandon { abandoned.value = 1 }
    do { _ = channel.makeStream() }
    #expect(abandoned.value == 1)
    await #expect(throws: CancellationError.self) { try await channel.send(.token("x")) }
  }

  @Test("ends after the first last event")
  func oneEnding() async {
    let channel = EventChannel()
    let stream = channel.makeStream()
    channel.finish(with: .finished(.complete))
    channel.finish(with: .finished(.interrupted))
    #expect(await stream.reduce(into: []) { $0.append($1) } == [.finished(.complete)])
  }
}
