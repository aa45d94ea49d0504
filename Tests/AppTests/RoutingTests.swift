import HTTPTypes
import JSON
import Pipeline
import PipelineTesting
import Testing

@testable import App

@Suite("The routing table of the server (architecture, idea 1; wire-sessions-chat 0.5)", .fewAtOnce)
struct RoutingTests {
  @Test("every row is in openapi.json with what it does, and nothing else is", arguments: [false, true])
  func openAPI(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      let document = try await client.send(.get("/api/openapi.json")).json()
      let paths = try #require(document["paths"]?.object)
      #expect(paths.keys == server.router.routes.map { $0.pattern.replacing("...", with: "") })
      for route in server.router.routes {
        let item = try #require(paths[route.pattern.replacing("...", with: "")]?.object)
        #expect(item.keys == route.methods.map { $0.method.rawValue.lowercased() })
        for (method, summary) in route.methods {
          #expect(!summary.isEmpty && !summary.hasSuffix("."), "\(method) \(route.pattern)")
          #expect(item[method.rawValue.lowercased()]?["summary"]?.string == summary)
        }
      }
      let operations = paths.flatMap { path in path.value.object?.map { $0.value["operationId"]?.string } ?? [] }
      #expect(Set(operations).count == operations.count, "names of operations are unique")
    }
  }

  @Test("a row that is there twice stops the start with a sentence")
  func duplicateRow() async throws {
    let server = try await TestServer.open()
    let table = try makeRoutingTable(server.parts)
    let twice = RoutingTable(fallback: Chain(RequestIdentity())) {
      table.rows
      table.rows.filter { $0.route.pattern == "/api/session" }
    }
    let error = #expect(throws: RoutingTableError.self) { try twice.compile(requiring: "SameOrigin") }
    #expect(error?.description.contains("/api/session") == true)
    #expect(error?.description.hasSuffix(".") == true)
  }

  private struct Unguarded: Handler {
    var methods: Methods<BaseContext> {
      .post("Changes something") { _, _ in .json([:]) }
    }
  }

  @Test("a row that changes something outside SameOrigin stops the start with a sentence")
  func unguardedRow() async throws {
    let server = try await TestServer.open()
    let table = try makeRoutingTable(server.parts)
    let unguarded = RoutingTable(fallback: Chain(RequestIdentity())) {
      table.rows
      Row("/api/unguarded", through: Chain(RequestIdentity()), to: Unguarded())
    }
    let error = #expect(throws: RoutingTableError.self) { try unguarded.compile(requiring: "SameOrigin") }
    #expect(error?.description.contains("/api/unguarded") == true)
    #expect(error?.description.contains("SameOrigin") == true)
  }

  /// What a browser says of a page from elsewhere.
  static let foreignFields: [HTTPFields] = [
    [.origin: "http://evil.example"], [.origin: "null"], [.secFetchSite: "cross-site"],
    [.secFetchSite: "same-site"], [.referer: "http://evil.example/page"],
    [.origin: "http://127.0.0.1", .secFetchSite: "cross-site"], [.origin: "http://127.0.0.1:1"],
  ]

  @Test("every row that changes something refuses a page from elsewhere", arguments: foreignFields)
  func crossOrigin(fields: HTTPFields) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    for overSocket in [false, true] {
      try await server.reach(overSocket: overSocket) { client in
        for route in server.router.routes {
          for (method, _) in route.methods where ![.get, .head].contains(method) {
            let body: JSONObject = [
              "session_id": "dd84f05261ab", "title": "x", "message": "x", "text": "x", "choice": "once", "model": "x",
            ]
            var request = TestRequest.post(route.pattern, body, fields: fields)
            request.method = method
            let response = try await client.send(request)
            #expect(response.status == 403, "\(method) \(route.pattern)")
            #expect(response.errorText == "Cross-origin mismatch - check reverse proxy headers")
          }
        }
      }
    }
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  @Test("a page from elsewhere cannot stop a turn with a GET either", arguments: foreignFields)
  func crossOriginCancel(fields: HTTPFields) async throws {
    let server = try await TestServer.open()
    let id = try await server.conversation(on: server.client)
    let stream = try await server.start("approval", in: id, on: server.client)
    let target = "/api/chat/cancel?stream_id=\(stream)"
    try await Scenario("refused", .get(target, fields: fields))
      .answers(403, holding: ["Cross-origin mismatch"]).run(on: server.client)
    let status = try await server.client.send(.get("/api/chat/stream/status?stream_id=\(stream)")).json()
    #expect(status["active"] == true)
    let own: HTTPFields = [.origin: "http://127.0.0.1", .secFetchSite: "same-origin"]
    #expect(try await server.client.send(.get(target, fields: own)).json()["cancelled"] == true)
  }

  @Test("programs, which send none of the fields of browsers, pass (0.5, step 1)")
  func programs() async throws {
    let server = try await TestServer.open()
    for fields: HTTPFields in [
      [:], [.secFetchSite: "none"], [.secFetchSite: "same-origin"], [.origin: "http://127.0.0.1"],
      [.referer: "http://127.0.0.1/session/x"],
    ] {
      #expect(try await server.client.send(.post("/api/session/new", [:], fields: fields)).status == 200)
    }
  }

  @Test("an unknown path is a 404 in the known words, whatever the method (0.3)", arguments: [false, true])
  func unknownPaths(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      for path in ["/api/nope", "/foo", "/api/sessions/", "/API/sessions", "/api/session%2Fnew", "/api", "//"] {
        for method: HTTPRequest.Method in [.get, .post, .delete] {
          let response = try await client.send(TestRequest(method, path))
          #expect(response.status == 404, "\(method) \(path)")
          #expect(try response.json() == ["error": "not found"], "\(method) \(path)")
        }
      }
    }
  }

  @Test("HEAD gives the fields of GET without a body, everywhere (RFC 9110 section 9.3.2)", arguments: [false, true])
  func head(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      for path in ["/", "/health", "/api/sessions", "/api/settings", "/api/openapi.json", "/api/session"] {
        let get = try await client.send(.get(path))
        let head = try await client.send(TestRequest(.head, path))
        #expect(head.status == get.status && head.body.isEmpty, "\(path)")
        #expect(head.fields[.contentType] == get.fields[.contentType], "\(path)")
      }
    }
  }

  @Test("the security fields stand on every answer that ends, errors too (0.2)")
  func securityFields() async throws {
    let server = try await TestServer.open()
    for path in ["/", "/health", "/api/sessions", "/api/nope", "/api/session", "/static/nope"] {
      let fields = try await server.client.send(.get(path)).fields
      for (name, value) in [
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
      ] {
        let field = try #require(HTTPField.Name(name))
        #expect(fields[field] == value, "\(path) \(name)")
      }
      #expect(fields[.contentSecurityPolicy]?.contains("unsafe-inline") == false, "\(path)")
      #expect(fields[.server]?.hasPrefix("HermesWebUI/") == true, "\(path)")
    }
  }
}
