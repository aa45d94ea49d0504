internal import CHTTP
import Dispatch
import HTTPTypes
public import Logging
public import ServiceLifecycle
import Synchronization

// `@unchecked Sendable`: the pointers are constant; CHTTP's functions may be called from any thread, and `stopOnce`
// orders stop before destroy.
/// Puts a ``Router`` on the network.
///
/// ```swift
/// let server = try Server(router: router, configuration: ServerConfiguration(port: 8787), logger: logger)
/// print("http://127.0.0.1:\(server.port)")
/// try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
public final class Server: Service, @unchecked Sendable {
  /// The port that it listens on, also when the configuration left the choice to the system.
  public let port: Int

  private let engine: OpaquePointer
  private let dispatcher: Unmanaged<Dispatcher>
  private let configuration: ServerConfiguration
  private let logger: Logger
  private let isStopped = Mutex(false)

  /// Listens, but answers nobody yet: a set-up mistake shows here.
  ///
  /// - Throws: ``ServerError`` with a sentence, such as that the address is in use.
  public init(router: Router, configuration: ServerConfiguration, logger: Logger) throws {
    self.configuration = configuration
    self.logger = logger
    dispatcher = Unmanaged.passRetained(Dispatcher(router: router, logger: logger))
    var sentence = [CChar](repeating: 0, count: 256)
    let callbacks = chttp_callbacks(
      context: dispatcher.toOpaque(), accept: acceptRequest, handle: handleRequest, refused: noteRefusal)
    guard let engine = chttp_server_create(Server.options(configuration), callbacks, &sentence, sentence.count) else {
      dispatcher.release()
      throw ServerError(sentence)
    }
    let port = chttp_server_listen_tcp(
      engine, configuration.address, UInt16(clamping: configuration.port), &sentence, sentence.count)
    guard port >= 0 else {
      chttp_server_destroy(engine)
      dispatcher.release()
      throw ServerError(sentence)
    }
    self.engine = engine
    self.port = Int(port)
  }

  deinit {
    stop(within: .zero)
    chttp_server_destroy(engine)
    dispatcher.release()
  }

  /// Starts to answer. Returns at once; ``run()`` calls it.
  ///
  /// - Throws: ``ServerError``.
  public func start() throws {
    var sentence = [CChar](repeating: 0, count: 256)
    guard chttp_server_start(engine, &sentence, sentence.count) else { throw ServerError(sentence) }
  }

  /// Answers until the service group asks for a graceful shutdown or the task is cancelled; then finishes what is under
  /// way and ends.
  public func run() async throws {
    try start()
    // Throws when the task is cancelled, which is the other way to be told to stop.
    try? await gracefulShutdown()
    logger.info("stopping", metadata: ["deadline": "\(configuration.drainDeadline)"])
    let deadline = Task.isCancelled ? Duration.zero : configuration.drainDeadline
    await withCheckedContinuation { continuation in
      // Stopping waits for threads; it must not hold one of the pool that runs the requests it waits for.
      DispatchQueue.global().async { [self] in
        stop(within: deadline)
        continuation.resume()
      }
    }
  }

  /// Stops now: requests under way get `deadline` to finish. Blocks.
  public func stop(within deadline: Duration) {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    if isFirst { chttp_server_stop(engine, deadline.wholeMilliseconds) }
  }

  /// The version of libmicrohttpd that this runs on, such as `0.9.75`.
  public static var engineVersion: String { String(cString: chttp_engine_version()) }

  /// Connections that are open now.
  public var openConnections: Int { Int(chttp_server_counters(engine).open_connections) }

  private static func options(_ configuration: ServerConfiguration) -> chttp_options {
    var options = chttp_options_default()
    options.workers = UInt32(clamping: configuration.workers ?? 0)
    options.connection_limit = UInt32(clamping: configuration.connectionLimit ?? 0)
    options.keepalive_idle_s = UInt32(clamping: configuration.tcpKeepalive.idle.components.seconds)
    options.keepalive_interval_s = UInt32(clamping: configuration.tcpKeepalive.interval.components.seconds)
    options.keepalive_count = UInt32(clamping: configuration.tcpKeepalive.count)
    return options
  }
}

/// Why a server cannot listen: a sentence.
public struct ServerError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String

  fileprivate init(_ sentence: [CChar]) {
    description = String(decoding: sentence.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// What the engine's callbacks reach.
private final class Dispatcher: Sendable {
  let router: Router
  let logger: Logger

  init(router: Router, logger: Logger) {
    self.router = router
    self.logger = logger
  }

  func bodyLimit(_ exchange: EngineExchange) -> UInt64 {
    // Most requests have no body, and need no look-up.
    guard exchange.header("content-length") != nil || exchange.header("transfer-encoding") != nil,
      let request = exchange.request()
    else { return 0 }
    return UInt64(router.bodyLimit(path: request.path))
  }

  /// Starts the request's task in place: an answer that needs no waiting is queued before this returns.
  func handle(_ exchange: EngineExchange) {
    guard let request = exchange.request() else {
      exchange.send(HTTPError(.badRequest, "The method is not valid").response)
      return
    }
    let router = router
    let answered = AnswerFlag()
    let task = Task.immediate {
      let response = await router.respond(to: request)
      // A stream registers for the end itself.
      answered.set()
      exchange.send(response)
    }
    if !answered.isSet {
      exchange.onEnd { finished in
        if !finished { task.cancel() }
      }
    }
  }
}

/// Whether a request was answered before its task suspended.
private final class AnswerFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

private func dispatcher(_ context: UnsafeMutableRawPointer?) -> Dispatcher? {
  context.map { Unmanaged<Dispatcher>.fromOpaque($0).takeUnretainedValue() }
}

/// The engine asks how long a body may be, before it reads any of it.
private let acceptRequest: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> UInt64 = { context, exchange in
  guard let dispatcher = dispatcher(context), let exchange else { return 0 }
  return dispatcher.bodyLimit(EngineExchange(retaining: exchange))
}

/// The engine hands over a complete request.
private let handleRequest: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Void = { context, exchange in
  guard let dispatcher = dispatcher(context), let exchange else { return }
  dispatcher.handle(EngineExchange(retaining: exchange))
}

/// The engine has refused what a client sent.
private let noteRefusal:
  @convention(c) (UnsafeMutableRawPointer?, chttp_refusal, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void = {
    context, status, reason, peer in
    guard let reason, let peer else { return }
    dispatcher(context)?.logger.debug(
      "refused",
      metadata: [
        "status": "\(status.rawValue)", "reason": "\(String(cString: reason))", "peer": "\(String(cString: peer))",
      ])
  }
