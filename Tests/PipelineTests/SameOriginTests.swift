import HTTPTypes
import Pipeline
import PipelineTesting
import Testing

@Suite("The origin rule (wire-sessions-chat 0.5, steps 1 to 4)")
struct SameOriginTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let words: String
    let fields: HTTPFields
    let isAllowed: Bool
    var testDescription: String { words }
  }

  static let cases: [Case] = [
    Case(words: "a program sends none of the fields", fields: [:], isAllowed: true),
    Case(words: "cross-site", fields: [.secFetchSite: "cross-site"], isAllowed: false),
    Case(
      words: "cross-site beats a good origin",
      fields: [.secFetchSite: "cross-site", .origin: "http://here.example"], isAllowed: false),
    Case(words: "same-origin without an origin", fields: [.secFetchSite: "same-origin"], isAllowed: true),
    Case(words: "typed into the address bar", fields: [.secFetchSite: "none"], isAllowed: true),
    Case(words: "same-site is another origin", fields: [.secFetchSite: "same-site"], isAllowed: false),
    Case(words: "the same host", fields: [.origin: "http://here.example"], isAllowed: true),
    Case(words: "the same host in capitals", fields: [.origin: "HTTP://HERE.example"], isAllowed: true),
    Case(words: "the default port spelled out", fields: [.origin: "http://here.example:80"], isAllowed: true),
    Case(
      words: "a missing port is that of the origin's scheme: TLS ends at a proxy",
      fields: [.origin: "https://here.example"], isAllowed: true),
    Case(words: "another port", fields: [.origin: "http://here.example:81"], isAllowed: false),
    Case(words: "another host", fields: [.origin: "http://evil.example"], isAllowed: false),
    Case(words: "a host that begins alike", fields: [.origin: "http://here.example.evil.example"], isAllowed: false),
    Case(words: "a name before the host", fields: [.origin: "http://here.example@evil.example"], isAllowed: false),
    Case(words: "null", fields: [.origin: "null"], isAllowed: false),
    Case(words: "no http", fields: [.origin: "file://here.example"], isAllowed: false),
    Case(
      words: "a referer counts when there is no origin", fields: [.referer: "http://here.example/x"], isAllowed: true),
    Case(words: "a foreign referer", fields: [.referer: "http://evil.example/here.example"], isAllowed: false),
    Case(words: "an allowed origin", fields: [.origin: "https://friend.example"], isAllowed: true),
    Case(words: "an allowed host with another scheme", fields: [.origin: "http://friend.example"], isAllowed: false),
    Case(
      words: "a forwarded host is not trusted by itself",
      fields: [.origin: "http://evil.example", .forwardedHost: "evil.example"], isAllowed: false),
  ]

  @Test("who may change something", arguments: cases)
  func rule(example: Case) async throws {
    let router = try SampleServer.router {
      Row("/w", through: try SampleServer.guarded(), to: Words(words: ""), limits: .json(100))
    }
    var fields = example.fields
    fields[.host] = "here.example"
    let client = InProcessClient(router)
    let answer = try await client.send(TestRequest(.post, "/w", fields: fields))
    #expect(answer.status == (example.isAllowed ? 200 : 403))
    #expect(try await client.send(.get("/w", fields: fields)).status == 200, "reading is not checked")
  }

  @Test("an entry that is no origin stops the start")
  func badEntry() {
    #expect(throws: OriginPolicyError.self) { try OriginPolicy(allowedOrigins: ["friend.example"]) }
  }

  @Test("IPv6 addresses keep their brackets")
  func literalAddress() throws {
    let policy = try OriginPolicy()
    let request = Request(method: .post, target: "/", fields: [.host: "[::1]:8787", .origin: "http://[::1]:8787"])
    #expect(policy.allows(request))
  }
}
