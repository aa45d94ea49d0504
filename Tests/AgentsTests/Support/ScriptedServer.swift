import Foundation
import Glibc
import Synchronization

/// A server for one test that sends exactly the bytes that the test wants, at the moment that it wants.
///
/// Each connection gets a thread of its own, which reads one request and then runs the script.
final class ScriptedServer: Sendable {
  /// Where it listens.
  let port: UInt16
  private let listener: Int32
  private let requests = Mutex<[String]>([])

  /// The base address for a ``ModelEndpoint``.
  var baseURL: String { "http://127.0.0.1:\(port)/v1" }
  /// What was asked until now: the head and the body of each request.
  var received: [String] { requests.withLock { $0 } }

  /// Listens on a free port.
  ///
  /// - Parameter script: What to do with a connection whose request has been read.
  init(script: @escaping @Sendable (ScriptedConnection, _ request: String) -> Void) throws {
    // Closed in child processes: a double that is started meanwhile must not keep the port.
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    let requests = Recorder(append: { [weak self] request in self?.requests.withLock { $0.append(request) } })
    Thread.detachNewThread {
      while true {
        let descriptor = accept(listener, nil, nil)
        if descriptor < 0 {
          // Here and not in `deinit`: the number must not be given to another socket while this thread uses it.
          close(listener)
          return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread {
          let connection = ScriptedConnection(descriptor: descriptor)
          let request = connection.readRequest()
          requests.append(request)
          script(connection, request)
          connection.close()
        }
      }
    }
  }

  /// A server that sends one answer to everybody and hangs up.
  convenience init(answer: String) throws {
    try self.init { connection, _ in connection.send(answer) }
  }

  /// A server that sends an event stream and hangs up.
  convenience init(stream: String) throws {
    try self.init(answer: ScriptedServer.streamHead + stream)
  }

  /// The head of an event stream that ends with the connection.
  static let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

  /// A complete answer.
  static func answer(status: Int, type: String = "application/json", headers: String = "", body: String) -> String {
    "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// Lets the script's thread rest.
  static func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
  }
}

private struct Recorder: Sendable {
  let append: @Sendable (String) -> Void
}

/// The server's side of one connection.
struct ScriptedConnection: Sendable {
  fileprivate let descriptor: Int32

  /// Sends a text. False when the other side is gone.
  @discardableResult
  func send(_ text: String) -> Bool {
    send(bytes: Array(text.utf8))
  }

  /// Sends bytes. False when the other side is gone.
  @discardableResult
  func send(bytes: [UInt8]) -> Bool {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Sends bytes without waiting for room. Returns how many were taken; -1 when there is no room.
  func offer(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    return bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
  }

  /// Waits until the other side hangs up.
  func waitForHangUp() {
    var byte: UInt8 = 0
    while recv(descriptor, &byte, 1, 0) > 0 {}
  }

  fileprivate func readRequest() -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    var wanted: Int?
    while bytes.count < wanted ?? .max {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count <= 0 { break }
      bytes += chunk.prefix(count)
      let text = String(decoding: wanted == nil ? bytes : [], as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = text[..<end.lowerBound].lowercased()
        let length = head.range(of: "content-length: ").flatMap {
          Int(head[$0.upperBound...].prefix(while: \.isNumber))
        }
        wanted = text[..<end.upperBound].utf8.count + (length ?? 0)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  fileprivate func close() {
    _ = Glibc.close(descriptor)
  }
}
