import HTTPTypes
import JSON
import Pipeline
import Testing

@Suite("Mistakes in a routing table stop the start with a sentence")
struct RoutingTableTests {
  private func mistake(requiring requirement: String? = nil, @RowsBuilder _ rows: () -> [Row]) -> String? {
    let table = RoutingTable(fallback: SampleServer.open, rows: rows)
    let error = #expect(throws: RoutingTableError.self) { try table.compile(requiring: requirement) }
    return error?.description
  }

  @Test("a path twice names both handlers and the mend")
  func twice() {
    let sentence = mistake {
      Row("/a", through: SampleServer.open, to: ReadOnly())
      Row("/a", through: SampleServer.open, to: Words(words: ""))
    }
    #expect(sentence?.contains("/a is in the routing table twice") == true)
    #expect(sentence?.contains("ReadOnly") == true && sentence?.contains("Words") == true)
  }

  @Test("two captures at one place are the same path, whatever they are called")
  func sameCapture() {
    let sentence = mistake {
      Row("/a/{x}", through: SampleServer.open, to: ReadOnly())
      Row("/a/{y}", through: SampleServer.open, to: ReadOnly())
    }
    #expect(sentence?.contains("twice") == true)
  }

  @Test("a method that changes something must go through the required middleware")
  func requirement() {
    let sentence = mistake(requiring: "SameOrigin") {
      Row("/a", through: SampleServer.open, to: Words(words: ""))
    }
    #expect(sentence?.contains("POST changes something") == true)
    #expect(sentence?.contains("SameOrigin") == true)
  }

  @Test("a keepalive must come twice within the kernel's window (invariant 35)")
  func keepalive() {
    let sentence = mistake {
      Row("/s", through: SampleServer.open, to: Ticker(count: 1), stream: .keepalive("x", every: .seconds(13)))
    }
    #expect(sentence?.contains("keepalive") == true)
    #expect(throws: Never.self) {
      try RoutingTable(fallback: SampleServer.open) {
        Row("/s", through: SampleServer.open, to: Ticker(count: 1), stream: .keepalive("x", every: .seconds(12)))
      }.compile()
    }
  }

  @Test(
    "a malformed pattern says what a pattern is",
    arguments: [("a", "starts with a slash"), ("/a{x}", "whole segment"), ("/{x...}/b", "at the end")])
  func patterns(pattern: String, words: String) {
    #expect(mistake { Row(pattern, through: SampleServer.open, to: ReadOnly()) }?.contains(words) == true)
  }

  @Test("a limit for a body that no method takes is a mistake")
  func uselessLimit() {
    let sentence = mistake { Row("/a", through: SampleServer.open, to: ReadOnly(), limits: .json(10)) }
    #expect(sentence?.contains("remove the limit") == true)
  }

  @Test("the table describes itself: rows, chains, limits, OpenAPI")
  func introspection() throws {
    let router = try SampleServer.router {
      Row("/things/{name}", through: SampleServer.open, to: Words(words: ""), limits: .json(2.kibibytes))
      Row("/s", through: SampleServer.open, to: Ticker(count: 1), stream: .keepalive("beat", every: .seconds(5)))
    }
    #expect(router.routes.map(\.pattern) == ["/things/{name}", "/s"])
    #expect(router.routes[0].steps == ["RequestIdentity", "FixedFields", "ErrorResponses"])
    #expect(router.routes[0].handler == "Words")
    #expect(router.routes[0].limits.body == 2048)
    #expect(router.routes[1].keepalive?.comment == "beat")
    let document = OpenAPIDocument.make(title: "t", version: "1", routes: router.routes)
    let post = document["paths"]?["/things/{name}"]?["post"]
    #expect(post?["summary"]?.string == "Repeats what it is told")
    #expect(post?["parameters"]?.array?.first?["name"]?.string == "name")
    #expect(document["paths"]?["/s"]?["get"]?["responses"]?["200"]?["content"]?["text/event-stream"] != nil)
  }
}
