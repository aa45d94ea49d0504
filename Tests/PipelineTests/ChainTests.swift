import HTTPTypes
import JSON
import Logging
import Pipeline
import PipelineTesting
import Testing

@Suite("Chains of middlewares")
struct ChainTests {
  @Test("the first is the outermost")
  func order() async throws {
    let chain = Chain(Mark(name: "a")).then(Mark(name: "b"))
    let router = try SampleServer.router { Row("/", through: chain, to: ReadOnly()) }
    #expect(try await InProcessClient(router).send(.get("/")).text == "a(b(read))")
  }

  @Test("an error becomes an answer once: its own status and sentence, or a 500 that tells nothing")
  func errors() async throws {
    struct Secret: Error {}
    struct Failing: Handler {
      var methods: Methods<BaseContext> {
        .get("Fails") { request, _ in
          if request.query["known"] != nil {
            throw HTTPError(.conflict, "taken", members: ["by": "you"], fields: [.retryAfter: "1"])
          }
          throw Secret()
        }
      }
    }
    let router = try SampleServer.router { Row("/f", through: SampleServer.open, to: Failing()) }
    try await SampleServer.both(router) { client in
      let known = try await client.send(.get("/f?known=1"))
      #expect(known.status == 409)
      #expect(try known.json() == ["error": "taken", "by": "you"])
      #expect(known.fields[.retryAfter] == "1")
      try await Scenario("an unknown error", .get("/f"))
        .answers(500, holding: ["Internal server error"], lacking: ["Secret"]).run(on: client)
    }
  }

  @Test("a request has a name; a harmless one of a proxy is kept, another is not")
  func identity() async throws {
    let router = try SampleServer.router { Row("/", through: SampleServer.open, to: ReadOnly()) }
    try await SampleServer.both(router) { client in
      #expect(try await client.send(.get("/", fields: [.requestID: "abc-12345"])).fields[.requestID] == "abc-12345")
      let made = try await client.send(.get("/", fields: [.requestID: "a b;c\"d"])).fields[.requestID]
      #expect(made != nil && made != "a b;c\"d")
    }
  }

  @Test("a malformed body is a 400 that says where; one that is no object too; an empty one is an empty object")
  func bodies() async throws {
    let router = try SampleServer.router {
      Row("/w", through: SampleServer.open, to: Words(words: ""), limits: .json(1.mebibytes))
    }
    try await SampleServer.both(router) { client in
      try await Scenario("malformed", TestRequest(.post, "/w", body: Array(#"{"a":}"#.utf8)))
        .answers(400, holding: ["not valid JSON", "at byte 5"]).run(on: client)
      for body in ["[]", "null", "3", "\"x\""] {
        try await Scenario("no object", TestRequest(.post, "/w", body: Array(body.utf8)))
          .answers(400, holding: ["must be a JSON object"]).run(on: client)
      }
      try await Scenario("deep", TestRequest(.post, "/w", body: [UInt8](repeating: 0x5B, count: 100_000)))
        .answers(400, holding: ["nested"]).run(on: client)
      try await Scenario("empty", TestRequest(.post, "/w")).answers(200, holding: ["{}"]).run(on: client)
    }
  }
}
