import Testing

@testable import Agents

@Suite("HTTP transfer", .timeLimit(.minutes(2)))
struct HTTPTransferTests {
  private func get(_ url: String) throws -> HTTPTransfer {
    try HTTPTransfer.start(HTTPTransferRequest(url: url, connectTimeout: .seconds(10), ignoresProxy: true))
  }

  @Test("makes the sender wait while nobody reads, and then gives out every byte in order")
  func backPressure() async throws {
    // More than the buffers of two sockets hold.
    let total = 32 << 20
    let pattern = (0..<2 * HTTPTransfer.bufferLimit).map { UInt8(truncatingIfNeeded: $0) }
    let sent = Counter()
    let server = try ScriptedServer { connection, _ in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      var count = 0
      while count < total {
        let start = count % 256
        let taken = connection.offer(Array(pattern[start..<min(pattern.count, start + total - count)]))
        if taken < 0 { ScriptedServer.pause(milliseconds: 1) }
        count += max(0, taken)
        sent.value = count
      }
    }
    let transfer = try get(server.baseURL)
    #expect(try await transfer.head().status == 200)
    // Until the sender is stuck: what it sent no longer grows.
    var before = -1
    while before != sent.value {
      before = sent.value
      try await Task.sleep(for: .milliseconds(300))
    }
    #expect(before < total)
    #expect(transfer.bufferedCount <= HTTPTransfer.bufferLimit + 16_384)
    var count = 0
    var isRight = true
    while let bytes = try await transfer.next() {
      #expect(bytes.count <= HTTPTransfer.bufferLimit + 16_384)
      isRight = isRight && bytes == Array(pattern[count % 256..<count % 256 + bytes.count])
      count += bytes.count
    }
    #expect(count == total)
    #expect(isRight)
  }

  @Test("does not count the time in which the reader paused as idleness")
  func pausedIsNotIdle() async throws {
    let total = 8 << 20
    let server = try ScriptedServer { connection, _ in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n" + String(repeating: "x", count: total))
    }
    let transfer = try HTTPTransfer.start(
      HTTPTransferRequest(
        url: server.baseURL, connectTimeout: .seconds(10), idleTimeout: .seconds(1), ignoresProxy: true))
    _ = try await transfer.head()
    try await Task.sleep(for: .milliseconds(2500))
    #expect(try await transfer.body(limit: total).bytes.count == total)
  }

  @Test("ends when its task is cancelled while it waits")
  func cancelledTask() async throws {
    let server = try ScriptedServer { connection, _ in connection.waitForHangUp() }
    let transfer = try get(server.baseURL)
    let task = Task { try await transfer.head() }
    task.cancel()
    let failure = await #expect(throws: HTTPTransferFailure.self) { try await task.value }
    #expect(failure?.kind == .cancelled)
  }

  @Test("can be cancelled many times, from many threads, at every moment")
  func cancelStorm() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send(ScriptedServer.streamHead)
      while connection.send(": x\n\n") { ScriptedServer.pause(milliseconds: 1) }
    }
    try await withThrowingTaskGroup { group in
      for number in 0..<100 {
        let transfer = try get(server.baseURL)
        group.addTask {
          // The failure is what is waited for.
          while (try? await transfer.next()) != nil {}
        }
        for _ in 0..<3 {
          group.addTask {
            try await Task.sleep(for: .microseconds(number * 300))
            transfer.cancel()
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("is let go when nobody wants it any more")
  func released() async throws {
    let server = try ScriptedServer(answer: ScriptedServer.answer(status: 200, body: "Hi"))
    weak var forgotten: HTTPTransfer?
    do {
      let transfer = try get(server.baseURL)
      forgotten = transfer
      #expect(try await transfer.body(limit: 10).bytes == Array("Hi".utf8))
    }
    for _ in 0..<100 where forgotten != nil { try await Task.sleep(for: .milliseconds(20)) }
    #expect(forgotten == nil)
  }

  @Test("speaks http and https only", arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
  func otherProtocols(url: String) async throws {
    let transfer = try get(url)
    let failure = await #expect(throws: HTTPTransferFailure.self) { try await transfer.head() }
    #expect(failure?.kind == .badAddress)
  }

  @Test("refuses a user name in the address")
  func userName() async throws {
    let transfer = try get("http://user@127.0.0.1:9/")
    let failure = await #expect(throws: HTTPTransferFailure.self) { try await transfer.head() }
    #expect(failure?.kind == .badAddress)
  }

  @Test("cuts a body that is longer than wanted")
  func cutBody() async throws {
    let server = try ScriptedServer(
      answer: ScriptedServer.answer(status: 200, body: String(repeating: "x", count: 100)))
    let (bytes, isCut) = try await get(server.baseURL).body(limit: 10)
    #expect(bytes.count == 10)
    #expect(isCut)
  }
}
