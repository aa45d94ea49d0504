import CCurl
import Synchronization

/// One HTTP request whose answer is read bit by bit, by one reader.
///
/// It stands on libcurl and not on async-http-client: on two cores the latter (with NIO and BoringSSL) added 200 to 300
/// seconds to each clean build, and some 60 MB to the binary. libcurl is on every Debian, brings TLS, proxies and name
/// resolution that are kept up to date with the system, and costs a second.
///
/// When the reader is slow, ``bufferLimit`` bytes wait here and then nothing more is read from the connection.
final class HTTPTransfer: Sendable {
  /// How many bytes may wait for the reader before the connection is paused; one more chunk of libcurl's (16 KiB) fits.
  static let bufferLimit = 256 * 1024

  /// The C side's transfer.
  ///
  /// `@unchecked Sendable`: the pointer is never changed, what it points to lives until ``HTTPTransfer`` gives back its
  /// reference in `deinit`, and the three functions that are called with it from several threads (resume, cancel,
  /// release) lock on the C side, which the header states.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private struct State {
    var handle: Handle?
    var head: HTTPTransferHead?
    var buffer: [UInt8] = []
    var isPaused = false
    var hasEnded = false
    var failure: HTTPTransferFailure?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  private init() {}

  deinit {
    // Nobody else is left, so the lock is free; the background thread has called `done` or was never asked to begin.
    if let handle = state.withLock({ $0.handle }) { ccurl_release(handle.pointer) }
  }

  /// Sends a request.
  ///
  /// - Throws: ``HTTPTransferFailure`` when it cannot even begin.
  static func start(_ request: HTTPTransferRequest) throws(HTTPTransferFailure) -> HTTPTransfer {
    let transfer = HTTPTransfer()
    let context = Unmanaged.passRetained(transfer)
    let limits = ccurl_limits(
      connect_ms: request.connectTimeout.milliseconds, first_byte_ms: request.firstByteTimeout?.milliseconds ?? 0,
      idle_ms: request.idleTimeout?.milliseconds ?? 0, total_ms: request.totalTimeout?.milliseconds ?? 0,
      ignores_proxy: request.ignoresProxy)
    let failure = HTTPTransferFailure(kind: .other, message: "the HTTP library could not take the request")
    guard let pointer = ccurl_create(request.url, limits, callbacks(context.toOpaque())) else {
      context.release()
      throw failure
    }
    let handle = Handle(pointer: pointer)
    transfer.state.withLock { $0.handle = handle }
    var isReady = request.headers.allSatisfy { ccurl_add_header(pointer, "\($0.name): \($0.value)") }
    if isReady, let body = request.body { isReady = ccurl_set_body(pointer, body, body.count) }
    guard isReady else {
      context.release()
      throw failure
    }
    ccurl_begin(pointer)
    return transfer
  }

  /// Waits for the head of the answer.
  ///
  /// - Throws: ``HTTPTransferFailure``, ``HTTPTransferFailure/Kind/cancelled`` when the task is cancelled.
  func head() async throws(HTTPTransferFailure) -> HTTPTransferHead {
    await wait { $0.head != nil || $0.hasEnded }
    let (head, failure) = state.withLock { ($0.head, $0.failure) }
    if let head { return head }
    throw failure ?? HTTPTransferFailure(kind: .broken, message: "the answer has no head")
  }

  /// Waits for more of the body and takes all that is there. Nil at the end.
  ///
  /// - Throws: ``HTTPTransferFailure`` when the answer breaks off, after what had come is taken.
  func next() async throws(HTTPTransferFailure) -> [UInt8]? {
    await wait { !$0.buffer.isEmpty || $0.hasEnded }
    let (bytes, failure, paused) = state.withLock { state -> ([UInt8], HTTPTransferFailure?, Handle?) in
      var bytes: [UInt8] = []
      swap(&bytes, &state.buffer)
      let paused = state.isPaused ? state.handle : nil
      state.isPaused = false
      return (bytes, bytes.isEmpty ? state.failure : nil, paused)
    }
    if let paused { ccurl_resume(paused.pointer) }
    if let failure { throw failure }
    return bytes.isEmpty ? nil : bytes
  }

  /// Takes the whole body.
  ///
  /// - Parameter limit: How many bytes it may have; the rest is not read.
  /// - Returns: The bytes, at most `limit`, and whether there were more.
  func body(limit: Int) async throws(HTTPTransferFailure) -> (bytes: [UInt8], isCut: Bool) {
    var bytes: [UInt8] = []
    while let more = try await next() {
      guard bytes.count + more.count <= limit else {
        cancel()
        return (bytes + more.prefix(limit - bytes.count), true)
      }
      bytes.append(contentsOf: more)
    }
    return (bytes, false)
  }

  /// Ends the transfer at once; whoever waits for it gets ``HTTPTransferFailure/Kind/cancelled``.
  func cancel() {
    if let handle = state.withLock({ $0.handle }) { ccurl_cancel(handle.pointer) }
  }

  /// How many bytes wait for the reader.
  var bufferedCount: Int { state.withLock { $0.buffer.count } }

  private func wait(until condition: @Sendable (borrowing State) -> Bool) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if condition(state) { return true }
          state.waiter = continuation
          return false
        }
        if isThere { continuation.resume() }
      }
    } onCancel: {
      cancel()
    }
  }
}

// MARK: - What the background thread calls

extension HTTPTransfer {
  private static func callbacks(_ context: UnsafeMutableRawPointer) -> ccurl_callbacks {
    ccurl_callbacks(
      context: context,
      head: { context, status, contentType in
        HTTPTransfer.from(context)?.receive(
          HTTPTransferHead(status: Int(status), contentType: contentType.map { String(cString: $0) }))
      },
      bytes: { context, bytes, count in
        HTTPTransfer.from(context)?.receive(UnsafeBufferPointer(start: bytes, count: count)) ?? true
      },
      done: { context, outcome, message in
        guard let context else { return }
        // The last callback: it takes back the reference that `start` gave away.
        let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeRetainedValue()
        transfer.end(outcome, message.map { String(cString: $0) } ?? "")
      })
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
    context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func receive(_ head: HTTPTransferHead) {
    change { $0.head = head }
  }

  private func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var isTaken = true
    change { state in
      if state.buffer.count >= HTTPTransfer.bufferLimit {
        state.isPaused = true
        isTaken = false
      } else {
        state.buffer.append(contentsOf: bytes)
      }
    }
    return isTaken
  }

  private func end(_ outcome: ccurl_outcome, _ message: String) {
    change { state in
      state.hasEnded = true
      if let kind = HTTPTransferFailure.Kind(outcome) {
        state.failure = HTTPTransferFailure(kind: kind, message: message)
      }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let waiter = state.withLock { state in
      body(&state)
      let waiter = state.waiter
      state.waiter = nil
      return waiter
    }
    waiter?.resume()
  }
}

extension HTTPTransferFailure.Kind {
  /// The kind of an outcome; nil for a complete answer.
  fileprivate init?(_ outcome: ccurl_outcome) {
    switch outcome {
    case CCURL_OUTCOME_COMPLETE: return nil
    case CCURL_OUTCOME_CANCELLED: self = .cancelled
    case CCURL_OUTCOME_BAD_ADDRESS: self = .badAddress
    case CCURL_OUTCOME_NOT_RESOLVED: self = .notResolved
    case CCURL_OUTCOME_NOT_CONNECTED: self = .notConnected
    case CCURL_OUTCOME_CONNECT_TIMEOUT: self = .connectTimeout
    case CCURL_OUTCOME_SILENT: self = .silent
    case CCURL_OUTCOME_STALLED: self = .stalled
    case CCURL_OUTCOME_TOTAL_TIMEOUT: self = .totalTimeout
    case CCURL_OUTCOME_NOT_SECURE: self = .notSecure
    case CCURL_OUTCOME_BROKEN: self = .broken
    default: self = .other
    }
  }
}

extension Duration {
  /// Whole milliseconds, at least 1: 0 would mean "without end" on the C side.
  fileprivate var milliseconds: UInt32 {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return UInt32(min(max(milliseconds, 1), 4_000_000_000))
  }
}
