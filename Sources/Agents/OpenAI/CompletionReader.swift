import JSON

/// Sends one completion request and turns what comes back into events.
struct CompletionReader {
  /// How much of an error's body is read.
  static let errorLimit = 64 * 1024

  let completion: CompletionRequest
  let afterFinish: Duration
  let channel: EventChannel

  private enum Stop: Error {
    case failed(AgentFailure)
    case cancelled
  }

  /// Runs to the end and returns the last event.
  func run() async -> AgentEvent {
    do throws(Stop) {
      let transfer = try await open(includesUsage: true)
      defer { transfer.cancel() }
      return try await read(transfer)
    } catch {
      switch error {
      case .cancelled: return .finished(.interrupted)
      // Whoever interrupts a run sees it interrupted, whatever else happened at that moment.
      case .failed(let failure): return Task.isCancelled ? .finished(.interrupted) : .failed(failure)
      }
    }
  }

  /// Sends the request and waits for a good status.
  private func open(includesUsage: Bool) async throws(Stop) -> HTTPTransfer {
    let failures = completion.failures
    let status: Int
    let body: [UInt8]
    do throws(HTTPTransferFailure) {
      let transfer = try HTTPTransfer.start(completion.transfer(includesUsage: includesUsage))
      status = try await transfer.head().status
      if (200..<300).contains(status) { return transfer }
      body = try await transfer.body(limit: CompletionReader.errorLimit).bytes
    } catch {
      throw stop(error, hasBegun: false)
    }
    // 400 is what OpenAI's own error is; servers that check bodies against a schema say 422.
    if includesUsage, status == 400 || status == 422, String(decoding: body, as: UTF8.self).contains("stream_options") {
      return try await open(includesUsage: false)
    }
    throw .failed(failures.status(status, body: body))
  }

  private func read(_ transfer: HTTPTransfer) async throws(Stop) -> AgentEvent {
    var beginning: [UInt8] = []
    while let bytes = try await next(of: transfer, hasBegun: false) {
      beginning += bytes
      // What is sent decides, not the content type: servers that ignore `stream` do not agree on that either. An event
      // stream cannot begin with a brace.
      switch beginning.first(where: { !$0.isSpace }) {
      // White space keeps the connection alive while the model works; it is not kept.
      case nil: beginning = []
      case UInt8(ascii: "{"): return try await readBody(transfer, beginning: beginning)
      case UInt8(ascii: "<"): throw .failed(completion.failures.noCompletion(details: shown(beginning)))
      default: return try await readStream(transfer, beginning: beginning)
      }
    }
    throw .failed(completion.failures.noResponse(.saidNothing))
  }

  // MARK: A stream

  private func readStream(_ transfer: HTTPTransfer, beginning: [UInt8]) async throws(Stop) -> AgentEvent {
    var parser = ServerSentEventParser()
    var decoder = CompletionDecoder(failures: completion.failures)
    var grace: Task<Void, Never>?
    defer { grace?.cancel() }
    var pending: [UInt8]? = beginning
    do throws(Stop) {
      while let bytes = pending {
        for event in try events(in: bytes, with: &parser) {
          if isDone(event) { return try await finish(&decoder, isWhole: true) }
          if let chunk = try chunk(event) { try await send(chunk, through: &decoder) }
        }
        if decoder.finishReason != nil, grace == nil {
          // Some servers neither say [DONE] nor hang up. What may still come is the usage, and that comes at once.
          grace = Task {
            // A cancelled sleep means that the stream has ended; to cancel the transfer then changes nothing.
            try? await Task.sleep(for: afterFinish)
            transfer.cancel()
          }
        }
        pending = try await next(of: transfer, hasBegun: true)
      }
    } catch {
      // Once the model said that it is finished, a connection that ends badly takes nothing away.
      guard case .failed(let failure) = error, !Task.isCancelled else { throw error }
      guard decoder.finishReason != nil, failure.kind == .unreachable else {
        try await send(decoder.finish(isWhole: false).events)
        throw error
      }
      return try await finish(&decoder, isWhole: true)
    }
    return try await finishWithoutDone(&parser, &decoder)
  }

  /// The stream ended, and nobody said that it would.
  private func finishWithoutDone(
    _ parser: inout ServerSentEventParser, _ decoder: inout CompletionDecoder
  ) async throws(Stop) -> AgentEvent {
    // A last event without an empty line after it counts; half of one is what a broken connection leaves.
    if let event = try? parser.finish() {
      if isDone(event) { return try await finish(&decoder, isWhole: true) }
      if let value = try? JSONValue(parsing: event.data) { try await send(value, through: &decoder) }
    }
    if !parser.isEventStream { throw .failed(completion.failures.noCompletion()) }
    return try await finish(&decoder, isWhole: false)
  }

  private func events(
    in bytes: [UInt8], with parser: inout ServerSentEventParser
  ) throws(Stop) -> [ServerSentEventParser.Event] {
    do {
      return try parser.consume(bytes)
    } catch {
      throw .failed(completion.failures.tooLong(limit: 1 << 20))
    }
  }

  /// The chunk of an event; nil when it is only a sign of life.
  private func chunk(_ event: ServerSentEventParser.Event) throws(Stop) -> JSONValue? {
    if event.data.allSatisfy(\.isSpace) { return nil }
    // What is no JSON cannot be read; where it is wrong helps nobody, what it says may.
    guard let value = try? JSONValue(parsing: event.data) else {
      // Chunks have no name; `ping` and the like are none.
      if !event.name.isEmpty && event.name != "error" { return nil }
      throw .failed(completion.failures.noCompletion(details: shown(event.data)))
    }
    if event.name == "error" { throw .failed(completion.failures.inStream(value)) }
    return value
  }

  private func isDone(_ event: ServerSentEventParser.Event) -> Bool {
    String(decoding: event.data, as: UTF8.self).trimmingSpace() == "[DONE]"
  }

  // MARK: One body

  private func readBody(_ transfer: HTTPTransfer, beginning: [UInt8]) async throws(Stop) -> AgentEvent {
    var bytes = beginning
    while let more = try await next(of: transfer, hasBegun: true) {
      bytes += more
      if bytes.count > CompletionDecoder.answerLimit {
        throw .failed(completion.failures.tooLong(limit: CompletionDecoder.answerLimit))
      }
    }
    // What is no JSON is no completion; where it is wrong helps nobody.
    guard let value = try? JSONValue(parsing: bytes), value["choices"] != nil || value["error"] != nil else {
      throw .failed(completion.failures.noCompletion(details: shown(bytes)))
    }
    var decoder = CompletionDecoder(failures: completion.failures)
    try await send(value, through: &decoder)
    return try await finish(&decoder, isWhole: true)
  }

  // MARK: Steps

  private func next(of transfer: HTTPTransfer, hasBegun: Bool) async throws(Stop) -> [UInt8]? {
    if Task.isCancelled { throw .cancelled }
    do {
      return try await transfer.next()
    } catch {
      throw stop(error, hasBegun: hasBegun)
    }
  }

  private func send(_ value: JSONValue, through decoder: inout CompletionDecoder) async throws(Stop) {
    let events: [AgentEvent]
    do {
      events = try decoder.consume(value)
    } catch {
      throw .failed(error)
    }
    try await send(events)
  }

  private func send(_ events: [AgentEvent]) async throws(Stop) {
    do {
      for event in events { try await channel.send(event) }
    } catch {
      throw .cancelled
    }
  }

  private func finish(_ decoder: inout CompletionDecoder, isWhole: Bool) async throws(Stop) -> AgentEvent {
    let (events, last) = decoder.finish(isWhole: isWhole)
    try await send(events)
    return last
  }

  private func stop(_ failure: HTTPTransferFailure, hasBegun: Bool) -> Stop {
    if Task.isCancelled { return .cancelled }
    return .failed(completion.failures.transfer(failure, hasBegun: hasBegun))
  }

  private func shown(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix(4096), as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
