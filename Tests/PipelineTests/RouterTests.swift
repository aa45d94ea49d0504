import HTTPTypes
import JSON
import Pipeline
import PipelineTesting
import Testing

@Suite("The router")
struct RouterTests {
  private func router() throws -> Router {
    try SampleServer.router {
      Row("/", through: SampleServer.open, to: Words(words: "root"))
      Row("/things", through: SampleServer.open, to: Words(words: "things"), limits: .json(1.kibibytes))
      Row("/things/{name}", through: SampleServer.open, to: Words(words: "one"))
      Row("/things/new", through: SampleServer.open, to: Words(words: "literal"))
      Row("/files/{name...}", through: SampleServer.open, to: Words(words: "rest"))
      Row("/read", through: SampleServer.open, to: ReadOnly())
    }
  }

  @Test(
    "a literal wins over a capture, a capture over the rest",
    arguments: [
      ("/", "root", nil), ("/things", "things", nil), ("/things/a", "one", "a"), ("/things/new", "literal", nil),
      ("/things/a%20b", "one", "a b"), ("/files/a/b.txt", "rest", "a/b.txt"), ("/things?x=/read", "things", nil),
    ] as [(String, String, String?)])
  func matches(target: String, words: String, captured: String?) async throws {
    try await SampleServer.both(try router()) { client in
      let answer = try await client.send(.get(target)).json()
      #expect(answer["words"]?.string == words)
      #expect(answer["name"]?.string == captured)
    }
  }

  @Test(
    "paths are compared as they are sent: case, trailing slash and encoding count (wire-sessions-chat 0.1)",
    arguments: ["/Things", "/things/", "/thing%73", "/files/", "/nothing", "//things"])
  func misses(target: String) async throws {
    try await SampleServer.both(try router()) { client in
      let answer = try await client.send(.get(target))
      #expect(answer.status == 404)
      #expect(answer.text == "{\n  \"error\": \"not found\"\n}")
      #expect(answer.fields[.server] == "sample", "404 runs the fallback chain")
    }
  }

  @Test("a method that a row does not have is a 405 that lists what there is (RFC 9110 15.5.6)")
  func methodNotAllowed() async throws {
    try await SampleServer.both(try router()) { client in
      let answer = try await client.send(TestRequest(.delete, "/read"))
      #expect(answer.status == 405)
      #expect(answer.fields[.allow] == "GET, HEAD, OPTIONS")
      #expect(answer.text.contains("use GET"))
    }
  }

  @Test("HEAD is GET without its body; OPTIONS lists the methods")
  func headAndOptions() async throws {
    try await SampleServer.both(try router()) { client in
      let head = try await client.send(TestRequest(.head, "/read"))
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
      let options = try await client.send(TestRequest(.options, "/things"))
      #expect(options.status == 200)
      #expect(options.fields[.allow] == "GET, POST, HEAD, OPTIONS")
    }
  }

  @Test("a body over the row's limit is a 413, up to it is read")
  func bodyLimit() async throws {
    let quiet = try router()
    try await SampleServer.both(quiet) { client in
      let fits = try await client.send(.post("/things", ["a": .string(String(repeating: "x", count: 900))]))
      #expect(fits.status == 200)
      guard client is LiveClient else { return }
      let over = try await client.send(.post("/things", ["a": .string(String(repeating: "x", count: 1100))]))
      #expect(over.status == 413)
      #expect(over.text.contains("error"))
      let unread = try await client.send(.post("/read", ["a": 1]))
      #expect(unread.status == 413, "a row without a limit takes no body")
    }
  }
}
