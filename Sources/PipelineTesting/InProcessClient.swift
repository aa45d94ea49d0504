import HTTPTypes
public import Pipeline
import Synchronization

/// Hands requests to a router without a socket between.
public struct InProcessClient: TestClient {
  private let router: Router

  /// A client of a router.
  public init(_ router: Router) {
    self.router = router
  }

  /// Sends a request and waits for the whole answer.
  public func send(_ request: TestRequest) async throws -> TestResponse {
    let response = await router.respond(to: engineRequest(request))
    let body: [UInt8]
    switch response.body {
    case .none: body = []
    case .bytes(let bytes): body = bytes
    case .shared(let shared): body = shared.bytes
    case .file(let file): body = file.readAll()
    case .events: throw TestClientError("\(request.target) answers with a stream; use open")
    }
    return TestResponse(
      status: response.status.code, fields: response.fields, body: request.method == .head ? [] : body)
  }

  /// Sends a request whose answer is a stream of events.
  public func open(_ request: TestRequest) async throws -> TestStream {
    let response = await router.respond(to: engineRequest(request))
    guard case .events(let stream) = response.body else {
      throw TestClientError("\(request.target) answered \(response.status.code) without a stream")
    }
    let (events, continuation) = AsyncStream.makeStream(of: TestEvent.self)
    let writer = CollectingWriter(continuation)
    writer.began(stream.open(writer))
    return TestStream(status: response.status.code, fields: response.fields, events: events) { writer.finish() }
  }

  private func engineRequest(_ request: TestRequest) -> Request {
    var fields = request.fields
    if let host = HTTPField.Name("Host"), fields[host] == nil { fields[host] = "127.0.0.1" }
    return Request(method: request.method, target: request.target, fields: fields, body: request.body)
  }
}

/// Takes frames apart as they are pushed.
private final class CollectingWriter: EventStream.Writer {
  private struct State {
    var parser = TestEventParser()
    var isFinished = false
    var ending: EventStream.Ending?
  }

  private let state = Mutex(State())
  private let continuation: AsyncStream<TestEvent>.Continuation

  init(_ continuation: AsyncStream<TestEvent>.Continuation) {
    self.continuation = continuation
  }

  func began(_ ending: @escaping EventStream.Ending) {
    let isOver = state.withLock { state in
      state.ending = ending
      return state.isFinished
    }
    if isOver { ending() }
  }

  func send(_ frame: EventFrame) -> Bool {
    state.withLock { state in
      if state.isFinished { return false }
      for event in state.parser.feed(frame.bytes) { continuation.yield(event) }
      return true
    }
  }

  func finish() {
    let ending: EventStream.Ending? = state.withLock { state in
      if state.isFinished { return nil }
      state.isFinished = true
      return state.ending
    }
    continuation.finish()
    ending?()
  }
}
