import Testing

@testable import Agents

@Suite("Model address")
struct ModelAddressTests {
  @Test(
    "leads to the resources below it",
    arguments: [
      ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/models"),
      ("https://example.org/v1/", "https://example.org/v1/models"),
      (" HTTPS://example.org ", "https://example.org/models"),
      ("https://example.org/v1/chat/completions", "https://example.org/v1/models"),
      ("https://example.org/v1?version=2", "https://example.org/v1/models?version=2"),
      ("http://[::1]:8080/v1", "http://[::1]:8080/v1/models"),
    ])
  func resources(base: String, url: String) throws {
    #expect(try ModelAddress(base).url("/models") == url)
  }

  @Test(
    "is refused with a sentence that names the key",
    arguments: [
      "localhost:11434/v1", "ftp://example.org", "file:///etc/passwd", "http://", "http:///v1",
      "http://user@example.org",
      "http://user:password@example.org/v1", "http://example.org\\@evil.org", "http://exa mple.org", "http://a\r\nb",
      "http://example.org:0", "http://example.org:99999", "http://example.org:8x", "http://example.org/#v1",
      "http://exa$mple.org", "http://[::1", "http://[::1/]", "http://[::1]x", "gopher://x", "http:/x", "",
    ])
  func refused(text: String) {
    let failure = #expect(throws: AgentFailure.self) { try ModelAddress(text) }
    #expect(failure?.message.contains("model.base_url") == true)
    #expect(failure?.message.contains("password") == (text.contains("@") && !text.contains("\\")))
    let problem = OpenAIRuntime.addressProblem(text)
    #expect(problem?.hasPrefix("The address ") == true)
    #expect(problem?.hasSuffix(".") == true)
    #expect(problem?.contains("user:password") == false)
  }

  @Test("has a problem that can be told before there is a turn")
  func problem() {
    #expect(OpenAIRuntime.addressProblem("notaurl") == "The address does not begin with http:// or https://.")
    #expect(OpenAIRuntime.addressProblem("ftp://x") == "The address does not begin with http:// or https://.")
    #expect(OpenAIRuntime.addressProblem("http://127.0.0.1:11434/v1") == nil)
  }

  @Test(
    "knows this machine by its spelling",
    arguments: [
      ("http://localhost:1", true), ("http://LOCALHOST", true), ("http://127.0.0.1", true),
      ("http://127.1.2.3/v1", true),
      ("http://[::1]:80", true), ("http://0.0.0.0:8080", true), ("http://127.example.org", false),
      ("http://example.org", false), ("http://10.0.0.1", false), ("http://localhost.example.org", false),
    ])
  func loopback(base: String, isLoopback: Bool) throws {
    #expect(try ModelAddress(base).isLoopback == isLoopback)
  }
}
