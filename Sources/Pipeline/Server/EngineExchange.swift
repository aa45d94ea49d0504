internal import CHTTP
import HTTPTypes
import Synchronization

/// One request and its answer, in the engine's memory.
// `@unchecked Sendable`: the pointer is constant and retained for this object's life; every function of CHTTP that is
// called with it may be called from any thread (chttp.h).
final class EngineExchange: RequestSource, @unchecked Sendable {
  private struct End {
    var outcome: Bool?
    var observers: [@Sendable (Bool) -> Void] = []
  }

  private let exchange: OpaquePointer
  private let end = Mutex(End())

  init(retaining exchange: OpaquePointer) {
    chttp_exchange_retain(exchange)
    self.exchange = exchange
  }

  deinit { chttp_exchange_release(exchange) }

  /// The request; nil when it is already gone.
  func request() -> Request? {
    guard chttp_exchange_lock(exchange) else { return nil }
    defer { chttp_exchange_unlock(exchange) }
    let method = String(chttp_exchange_method(exchange))
    guard let method = HTTPRequest.Method(rawValue: method) else { return nil }
    return Request(
      method: method, target: String(chttp_exchange_target(exchange)),
      peer: String(cString: chttp_exchange_peer(exchange)), source: self)
  }

  func header(_ name: String) -> String? {
    guard chttp_exchange_lock(exchange) else { return nil }
    defer { chttp_exchange_unlock(exchange) }
    var name = name
    let value = name.withUTF8 { name in
      name.withMemoryRebound(to: CChar.self) { chttp_exchange_header(exchange, $0.baseAddress, $0.count) }
    }
    return value.bytes == nil ? nil : String(value)
  }

  var fields: HTTPFields {
    var fields = HTTPFields()
    guard chttp_exchange_lock(exchange) else { return fields }
    defer { chttp_exchange_unlock(exchange) }
    withUnsafeMutablePointer(to: &fields) { fields in
      chttp_exchange_each_header(exchange, fields) { context, name, value in
        guard let name = HTTPField.Name(String(name)) else { return true }
        context?.assumingMemoryBound(to: HTTPFields.self).pointee.append(HTTPField(name: name, value: String(value)))
        return true
      }
    }
    return fields
  }

  var body: [UInt8] {
    guard chttp_exchange_lock(exchange) else { return [] }
    defer { chttp_exchange_unlock(exchange) }
    let body = chttp_exchange_body(exchange)
    return Array(UnsafeBufferPointer(start: body.bytes, count: body.count))
  }

  /// Calls `observer` once, when the answer is sent (`true`) or the client has left before (`false`); at once when that
  /// has happened already.
  func onEnd(_ observer: @escaping @Sendable (_ finished: Bool) -> Void) {
    let (outcome, isFirst) = end.withLock { end -> (Bool?, Bool) in
      if let outcome = end.outcome { return (outcome, false) }
      end.observers.append(observer)
      return (nil, end.observers.count == 1)
    }
    if let outcome { observer(outcome) }
    guard isFirst else { return }
    chttp_exchange_on_end(exchange, Unmanaged.passRetained(self).toOpaque()) { context, finished in
      guard let context else { return }
      Unmanaged<EngineExchange>.fromOpaque(context).takeRetainedValue().ended(finished)
    }
  }

  private func ended(_ finished: Bool) {
    let observers = end.withLock { end in
      end.outcome = finished
      defer { end.observers = [] }
      return end.observers
    }
    for observer in observers { observer(finished) }
  }

  /// Sends the answer. Nothing happens when there is one already, or the client is gone.
  func send(_ response: Response) {
    let status = UInt32(response.status.code)
    var block = FieldBlock(response.fields)
    block.withFields { fields in
      switch response.body {
      case .none:
        chttp_respond_buffer(exchange, status, fields, nil)
      case .bytes(let bytes):
        let buffer = bytes.withUnsafeBytes { chttp_buffer_copy($0.baseAddress, $0.count) }
        chttp_respond_buffer(exchange, status, fields, buffer)
      case .shared(let shared):
        chttp_buffer_retain(shared.buffer)
        chttp_respond_buffer(exchange, status, fields, shared.buffer)
      case .file(let file):
        chttp_respond_file(exchange, status, fields, file.takeDescriptor(), file.offset, file.count)
      case .events(let stream):
        start(stream, status, fields)
      }
    }
  }

  private func start(_ stream: EventStream, _ status: UInt32, _ fields: chttp_fields) {
    let comment = stream.keepalive.frame
    let keepalive = chttp_keepalive(
      comment: comment.shared.buffer, interval_ms: stream.keepalive.interval.wholeMilliseconds)
    guard chttp_respond_stream(exchange, status, fields, keepalive, stream.closesConnection) else { return }
    let order = EventStreamEnd()
    onEnd { _ in order.end() }
    order.began(stream.open(EngineEventWriter(exchange: self)))
  }

  fileprivate func push(_ frame: EventFrame) -> Bool {
    chttp_stream_push(exchange, frame.shared.buffer) == CHTTP_PUSH_QUEUED
  }

  fileprivate var backlog: Int { chttp_stream_backlog(exchange) }

  fileprivate func finishStream() {
    chttp_stream_finish(exchange)
  }
}

/// Feeds a stream of the engine.
struct EngineEventWriter: EventStream.Writer {
  let exchange: EngineExchange

  func send(_ frame: EventFrame) -> Bool { exchange.push(frame) }
  var backlog: Int { exchange.backlog }
  func finish() { exchange.finishStream() }
}

extension String {
  fileprivate init(_ view: chttp_bytes) {
    self.init(decoding: UnsafeBufferPointer(start: view.bytes, count: view.count), as: UTF8.self)
  }
}

/// Header fields as the engine takes them: name NUL value NUL.
private struct FieldBlock {
  private var block: [CChar] = []
  private var count = 0

  init(_ fields: HTTPFields) {
    block.reserveCapacity(512)
    for field in fields {
      append(field.name.rawName)
      append(field.value)
      count += 1
    }
  }

  private mutating func append(_ text: String) {
    for byte in text.utf8 { block.append(CChar(bitPattern: byte)) }
    block.append(0)
  }

  mutating func withFields(_ body: (chttp_fields) -> Void) {
    block.withUnsafeBufferPointer { body(chttp_fields(block: $0.baseAddress, count: count)) }
  }
}
