import HTTPTypes
import JSON
import Logging
import Pipeline
import PipelineTesting

/// A small server of another subject: what somebody else would build on the library.
enum SampleServer {
  static let open = Chain(RequestIdentity())
    .then(FixedFields(always: [.server: "sample"]))
    .then(ErrorResponses(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))

  static func guarded() throws -> Chain<BaseContext> {
    open.then(SameOrigin(try OriginPolicy(allowedOrigins: ["https://friend.example"])))
  }

  static func router(@RowsBuilder rows: () throws -> [Row]) throws -> Router {
    let made = try rows()
    return try RoutingTable(fallback: open) { made }.compile()
  }

  /// Runs a test in process and over a socket.
  static func both(_ router: Router, _ body: (any TestClient) async throws -> Void) async throws {
    try await body(InProcessClient(router))
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try Server(router: router, configuration: ServerConfiguration(port: 0), logger: quiet)
    try server.start()
    defer { server.stop(within: .seconds(2)) }
    try await body(LiveClient(port: server.port))
  }
}

/// Answers with the words that it was given, or with what the path captured.
struct Words: Handler {
  let words: String

  var methods: Methods<BaseContext> {
    .get("Says words") { [words] request, _ in
      .json(["words": .string(words), "name": .optional(request.parameters["name"])])
    }
    .post("Repeats what it is told") { request, _ in .json(try await request.json()) }
  }
}

struct ReadOnly: Handler {
  var methods: Methods<BaseContext> { .get("Reads") { _, _ in Response(body: .bytes(Array("read".utf8))) } }
}

/// Streams a few events and ends, or goes on for ever.
struct Ticker: EventHandler {
  let summary = "Ticks"
  let count: Int?

  func open(_ request: Request, _ context: BaseContext, keepalive: Keepalive) async throws -> Response {
    let count = count
    return .events(
      EventStream(keepalive: keepalive) { writer in
        for tick in 1...(count ?? 1) {
          writer.send(EventFrame(id: "\(tick)", event: "tick", data: Array("{\"n\":\(tick)}".utf8)))
        }
        if count != nil { writer.finish() }
        return {}
      })
  }
}

/// A middleware made for a test: it wraps, so that the order shows.
struct Mark: Middleware {
  let name: String

  func handle(_ request: Request, _ context: BaseContext, next: Next<BaseContext>) async throws -> Response {
    var response = try await next(request, context)
    if case .bytes(let bytes) = response.body {
      response.body = .bytes(Array("\(name)(".utf8) + bytes + Array(")".utf8))
    }
    return response
  }
}
