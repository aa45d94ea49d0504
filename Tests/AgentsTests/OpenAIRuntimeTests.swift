import JSON
import Testing

@testable import Agents

@Suite("OpenAI runtime with the model server double", .timeLimit(.minutes(2)))
struct OpenAIRuntimeTests {
  @Test("streams thinking and answer, counts tokens, and sends history, prompt and key")
  func plain() async throws {
    let server = try await FakeModelServer()
    let history = [AgentMessage(role: "user", text: "one"), AgentMessage(role: "assistant", text: "two")]
    let request = turn("PLAIN", history: history, model: "@custom:fake-model", at: server.baseURL)
    let events = try await openAI().start(request).events.reduce(into: []) { $0.append($1) }
    #expect(events.reasoning == "Let me think about it.")
    #expect(events.answer == "Hello from **fake-model**. I see 2 user message(s).")
    #expect(events.usage?.output == 4)
    #expect(events.last == .finished(.complete))
    #expect(events.endings == 1)
    let log = try JSONValue(parsing: server.requests.utf8)
    #expect(log["model"] == "fake-model")
    #expect(log["roles"] == ["user", "assistant", "user"])
    #expect(log["auth"] == true)
    #expect(log["stream"] == true)
    #expect(log["keys"] == ["messages", "model", "stream", "stream_options"])
  }

  @Test("stops at once when it is interrupted, and hangs up")
  func interrupt() async throws {
    let server = try await FakeModelServer()
    let run = try await openAI().start(turn("SLOW", at: server.baseURL))
    var events: [AgentEvent] = []
    var interrupted: ContinuousClock.Instant?
    for await event in run.events {
      events.append(event)
      if case .token = event, interrupted == nil {
        interrupted = .now
        await run.interrupt()
      }
    }
    #expect(events.last == .finished(.interrupted))
    #expect(events.answer.count < 20)
    #expect(try #require(interrupted).duration(to: .now) < .seconds(2))
    for _ in 0..<100 where try !server.requests.contains("client_gone") { try await Task.sleep(for: .milliseconds(50)) }
    #expect(try server.requests.contains("client_gone"))
  }

  @Test(
    "tells errors of the server apart",
    arguments: [("ERR401", .authentication), ("ERR429", .rateLimit), ("ERR500", .other), ("ERR400", .other)]
      as [(String, AgentFailure.Kind)])
  func errors(prompt: String, kind: AgentFailure.Kind) async throws {
    let server = try await FakeModelServer()
    let events = try await ask(prompt, at: server.baseURL)
    #expect(events.count == 1)
    #expect(events.failure?.kind == kind)
    #expect(events.failure?.details == "fake upstream error \(prompt.suffix(3))")
    #expect(events.failure?.message.contains(String(prompt.suffix(3))) == true)
  }

  @Test("takes an empty answer for no answer")
  func empty() async throws {
    let server = try await FakeModelServer()
    #expect(try await ask("EMPTY", at: server.baseURL).failure?.kind == .noResponse)
  }

  @Test("keeps what came before the connection was cut")
  func cut() async throws {
    let server = try await FakeModelServer()
    let events = try await ask("CUT", at: server.baseURL)
    #expect(events.answer == "c0 c1 c2 ")
    #expect(events.failure?.kind == .unreachable)
    #expect(events.failure?.message.contains("broke off") == true)
  }

  @Test("lists the models, the default first")
  func models() async throws {
    let server = try await FakeModelServer()
    let endpoint = ModelEndpoint(baseURL: server.baseURL, defaultModel: "fake-model-2")
    #expect(try await openAI().models(of: endpoint) == ["fake-model-2", "fake-model"])
  }

  @Test("cannot begin without an endpoint, and names the keys to set", arguments: [nil, "", "  "])
  func missingEndpoint(baseURL: String?) async throws {
    let failure = await #expect(throws: AgentFailure.self) {
      try await openAI().start(turn("Hello", at: baseURL))
    }
    #expect(failure?.kind == .other)
    #expect(failure?.message.contains("model.base_url") == true)
  }

  @Test("cannot begin without a model")
  func missingModel() async throws {
    let failure = await #expect(throws: AgentFailure.self) {
      try await openAI().start(turn("Hello", model: nil, at: "http://127.0.0.1:9/v1"))
    }
    #expect(failure?.message.contains("model.default") == true)
  }

  @Test("refuses a key that would add a line to the head", arguments: ["a\r\nX-Evil: 1", "a\n", "a\u{0}b", "a\r"])
  func injection(key: String) async throws {
    let request = turn("Hello", at: "http://127.0.0.1:9/v1", key: key)
    let failure = await #expect(throws: AgentFailure.self) { try await openAI().start(request) }
    #expect(failure?.kind == .authentication)
    #expect(failure?.message.contains("model.api_key") == true)
    #expect(failure?.message.contains("Evil") == false)
  }

  @Test(
    "splits the provider off a model at the last colon",
    arguments: [
      ("@custom:local:m", "m"), ("@openrouter:vendor/m", "vendor/m"), ("qwen:7b", "qwen:7b"), ("@m", "@m"),
      (" m ", "m"), ("", "fallback"),
    ])
  func modelPrefix(chosen: String, sent: String) {
    #expect(CompletionRequest.bareModel(chosen, orElse: "fallback") == sent)
  }

  @Test("says that nobody listens")
  func refusedConnection() async throws {
    let port = try ScriptedServer(answer: "").port
    let failure = try await ask("Hello", at: "http://127.0.0.1:\(port)/v1").failure
    #expect(failure?.kind == .unreachable)
    #expect(failure?.message.contains("127.0.0.1:\(port)") == true)
  }

  @Test("says that a name has no address")
  func unknownHost() async throws {
    let failure = try await ask("Hello", at: "http://no-such-host.invalid/v1").failure
    #expect(failure?.kind == .unreachable)
  }
}
