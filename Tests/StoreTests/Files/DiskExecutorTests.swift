import Synchronization
import Testing

@testable import Store

@Suite("Work that waits for a disk", .timeLimit(.minutes(1)))
struct DiskExecutorTests {
  private final class Held: Sendable {}

  @Test("what work holds on to is free when it has run, also while more is in line")
  func release() async throws {
    let disk = DiskExecutor(width: 1)
    let gate = AsyncStream<Void>.makeStream()
    let isFree = Mutex<(@Sendable () -> Bool)?>(nil)
    // The first piece keeps the line busy until the others stand in it.
    let lined = Mutex(false)
    disk.submit { while !lined.withLock({ $0 }) {} }
    do {
      let held = Held()
      disk.submit { _ = held }
      isFree.withLock { slot in slot = { [weak held] in held == nil } }
    }
    let wasFree = Mutex<Bool?>(nil)
    disk.submit {
      wasFree.withLock { $0 = isFree.withLock { $0?() } }
      gate.continuation.finish()
    }
    disk.submit {}
    lined.withLock { $0 = true }
    for await _ in gate.stream {}
    #expect(wasFree.withLock { $0 } == true)
  }

  @Test("all work of a long line runs, once and in order")
  func order() async throws {
    let disk = DiskExecutor(width: 1)
    let order = Mutex<[Int]>([])
    for number in 0..<10_000 { disk.submit { order.withLock { $0.append(number) } } }
    try await disk.run {}
    #expect(order.withLock { $0 } == Array(0..<10_000))
  }
}
