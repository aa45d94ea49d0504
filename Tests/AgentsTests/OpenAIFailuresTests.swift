import Testing

@testable import Agents

@Suite("Failures of a model server")
struct OpenAIFailuresTests {
  private let failures = OpenAIFailures(server: "example.org:8080", model: "m", key: "sk-secret-key")

  @Test(
    "are told apart by status and code",
    arguments: [
      (401, "{}", .authentication), (403, "", .authentication), (402, "", .quota), (404, "", .modelNotFound),
      (429, "{}", .rateLimit), (500, "<html>", .other), (503, "{}", .other), (400, "{}", .other),
      (429, #"{"error":{"code":"insufficient_quota"}}"#, .quota),
      (400, #"{"error":{"type":"insufficient_quota","message":"x"}}"#, .quota),
      (400, #"{"error":{"code":"model_not_found"}}"#, .modelNotFound),
      (400, #"{"error":"model 'x' not found"}"#, .modelNotFound),
      (400, #"{"error":{"message":"The model `x` does not exist"}}"#, .modelNotFound),
      (400, #"{"error":{"code":"invalid_api_key"}}"#, .authentication), (302, "", .other),
    ] as [(Int, String, AgentFailure.Kind)])
  func kinds(status: Int, body: String, kind: AgentFailure.Kind) {
    let failure = failures.status(status, body: Array(body.utf8))
    #expect(failure.kind == kind)
    #expect(failure.message.contains("example.org:8080"))
    #expect(failure.message.contains("\(status)"))
    #expect(failure.hint != nil)
  }

  @Test("never show the key, even when the server repeats it")
  func redacted() {
    let body = #"{"error":{"message":"bad key sk-secret-key, I said sk-secret-key","code":"invalid_api_key"}}"#
    let failure = failures.status(401, body: Array(body.utf8))
    #expect(failure.details == "bad key [key], I said [key]")
    #expect(!"\(failures.status(500, body: Array("sk-secret-key".utf8)))".contains("sk-secret-key"))
  }

  @Test("cut what the server said to 1,200 characters, without control characters")
  func bounded() {
    let failure = failures.status(500, body: Array(("\u{1B}[31m" + String(repeating: "x", count: 5000)).utf8))
    #expect(failure.details?.count == 1200)
    #expect(failure.details?.contains("\u{1B}") == false)
  }

  @Test("say that a redirect is not followed")
  func redirect() {
    #expect(failures.status(308, body: []).message.contains("redirects"))
  }

  @Test(
    "of the connection are unreachable servers",
    arguments: [.notResolved, .notConnected, .connectTimeout, .silent, .stalled, .notSecure, .broken]
      as [HTTPTransferFailure.Kind])
  func connection(kind: HTTPTransferFailure.Kind) {
    for hasBegun in [true, false] {
      let failure = failures.transfer(HTTPTransferFailure(kind: kind, message: "x"), hasBegun: hasBegun)
      #expect(failure.kind == .unreachable)
      #expect(failure.message.contains("example.org:8080"))
      #expect(failure.hint != nil)
    }
  }
}
