import Foundation
import Glibc
import HTTPTypes
import Synchronization

/// Speaks HTTP/1.1 to a server on loopback over a socket, one connection a request.
public struct LiveClient: TestClient {
  private let port: Int

  /// A client of a server on 127.0.0.1.
  public init(port: Int) {
    self.port = port
  }

  /// Sends a request and waits for the whole answer.
  public func send(_ request: TestRequest) async throws -> TestResponse {
    let bytes = head(of: request, closing: true) + request.body
    let answer = try await sendRaw(bytes)
    return try TestResponse(raw: answer, isHead: request.method == .head)
  }

  /// Sends bytes as they are and returns everything that comes until the server closes or is silent for a minute.
  public func sendRaw(_ bytes: [UInt8]) async throws -> [UInt8] {
    try await onThread {
      let socket = try connectedSocket(port: port)
      defer { close(socket) }
      try writeAll(socket, bytes)
      return try readToEnd(socket)
    }
  }

  /// Sends a request whose answer is a stream of events.
  public func open(_ request: TestRequest) async throws -> TestStream {
    let bytes = head(of: request, closing: false) + request.body
    let (socket, head, rest) = try await onThread {
      let socket = try connectedSocket(port: port)
      try writeAll(socket, bytes)
      let (head, rest) = try readHead(socket)
      return (socket, head, rest)
    }
    let (events, continuation) = AsyncStream.makeStream(of: TestEvent.self)
    let isChunked = head.fields[.transferEncoding] == "chunked"
    let connection = OpenSocket(socket)
    Thread.detachNewThread {
      var decoder = ChunkDecoder(isChunked: isChunked)
      var parser = TestEventParser()
      var bytes = rest
      while true {
        for event in parser.feed(decoder.feed(bytes)) { continuation.yield(event) }
        if decoder.isAtEnd { break }
        bytes = readSome(socket)
        if bytes.isEmpty { break }
      }
      continuation.finish()
      connection.close()
    }
    return TestStream(status: head.status, fields: head.fields, events: events) { connection.hangUp() }
  }

  private func head(of request: TestRequest, closing: Bool) -> [UInt8] {
    var text = "\(request.method.rawValue) \(request.target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    for field in request.fields { text += "\(field.name.rawName): \(field.value)\r\n" }
    if !request.body.isEmpty || request.method == .post { text += "Content-Length: \(request.body.count)\r\n" }
    if closing { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8)
  }
}

/// A socket that one thread reads while another may hang up: a number that was closed may already be somebody else's.
private final class OpenSocket: Sendable {
  private let descriptor: Mutex<Int32>

  init(_ descriptor: Int32) {
    self.descriptor = Mutex(descriptor)
  }

  func hangUp() {
    descriptor.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
  }

  func close() {
    descriptor.withLock { descriptor in
      if descriptor >= 0 { _ = Glibc.close(descriptor) }
      descriptor = -1
    }
  }
}

/// Sockets block; they get threads of their own, because the queues of the system have few, which the server needs.
private func onThread<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws -> Success {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
  }
}

private func connectedSocket(port: Int) throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw TestClientError("no socket: \(String(cString: strerror(errno)))") }
  var timeout = timeval(tv_sec: 60, tv_usec: 0)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard result == 0 else {
    close(descriptor)
    throw TestClientError("cannot connect to port \(port): \(String(cString: strerror(errno)))")
  }
  return descriptor
}

private func writeAll(_ socket: Int32, _ bytes: [UInt8]) throws {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes {
      send(socket, $0.baseAddress?.advanced(by: written), $0.count - written, Int32(MSG_NOSIGNAL))
    }
    // A server that has answered early (413) closes while the body is on its way; its answer is still to be read.
    if count <= 0 { return }
    written += count
  }
}

private func readSome(_ socket: Int32) -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: 65536)
  // A stream may be silent for longer than the socket's timeout; its reader hangs up when it has had enough.
  while true {
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
    return Array(buffer.prefix(max(0, count)))
  }
}

private func readToEnd(_ socket: Int32) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0 && errno == EINTR { continue }
    if count < 0 && bytes.isEmpty {
      throw TestClientError("the connection broke before the answer: \(String(cString: strerror(errno)))")
    }
    if count <= 0 { return bytes }
    bytes.append(contentsOf: buffer.prefix(count))
  }
}

private func readHead(_ socket: Int32) throws -> (ResponseHead, [UInt8]) {
  var bytes: [UInt8] = []
  while true {
    if let end = bytes.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A]) {
      return (try ResponseHead(bytes[..<end.lowerBound]), Array(bytes[end.upperBound...]))
    }
    let more = readSome(socket)
    if more.isEmpty { throw TestClientError("the connection ended before the answer's header") }
    bytes += more
  }
}
