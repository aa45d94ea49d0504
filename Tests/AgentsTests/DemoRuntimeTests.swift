import Testing

@testable import Agents

@Suite("Demo runtime", .timeLimit(.minutes(1)))
struct DemoRuntimeTests {
  private let demo = DemoRuntime(pace: 0)

  private func play(_ request: TurnRequest) async throws -> [AgentEvent] {
    try await demo.start(request).events.reduce(into: []) { $0.append($1) }
  }

  @Test("thinks, answers in Markdown, says how to connect a model, and ends once")
  func plain() async throws {
    let events = try await play(turn("Tell me about the sea"))
    #expect(!events.reasoning.isEmpty)
    for part in ["## ", "\n- ", "```swift\n", "built-in demo", "caduceus serve --agent openai", "model.base_url"] {
      #expect(events.answer.contains(part), "\(part)")
    }
    #expect(events.answer.contains("1 message from you"))
    #expect(events.answer.contains("“Tell me about the sea”"))
    #expect(events.last == .finished(.complete))
    #expect(events.endings == 1)
  }

  @Test("says the same thing to the same request")
  func deterministic() async throws {
    #expect(try await play(turn("a tool and a long walk")) == play(turn("a tool and a long walk")))
  }

  @Test("counts the user's messages of the history")
  func history() async throws {
    let history = [
      AgentMessage(role: "user", text: "one"), AgentMessage(role: "assistant", text: "two"),
      AgentMessage(role: "user", text: "three"),
    ]
    #expect(try await play(turn("four", history: history)).answer.contains("3 messages from you"))
  }

  @Test("names a conversation in its first turn only")
  func title() async throws {
    #expect(try await play(turn("Boats and more")).contains(.title("Demo: Boats and more")))
    let later = try await play(turn("Boats", history: [AgentMessage(role: "user", text: "one")]))
    #expect(!later.contains { if case .title = $0 { true } else { false } })
  }

  @Test("counts tokens")
  func usage() async throws {
    let usage = try #require(try await play(turn("Hello")).usage)
    #expect(usage.input > 0)
    #expect(usage.output > 20)
    #expect(usage.contextLength != nil)
  }

  @Test("shows a tool before the answer")
  func tool() async throws {
    let events = try await play(turn("Use a tool, please"))
    #expect(events.toolStarts.map(\.id) == events.toolCompletions.map(\.id))
    #expect(events.toolStarts.count == 1)
    let start = events.firstIndex { if case .toolStarted = $0 { true } else { false } }
    let token = events.firstIndex { if case .token = $0 { true } else { false } }
    #expect(try #require(start) < #require(token))
  }

  @Test("fails on demand, after a part of the answer")
  func fail() async throws {
    let events = try await play(turn("please fail"))
    #expect(events.failure?.kind == .other)
    #expect(!events.answer.isEmpty)
    #expect(events.endings == 1)
  }

  @Test("writes some 670 words for a long answer")
  func long() async throws {
    let events = try await play(turn("a long answer"))
    let tokens = events.count { if case .token = $0 { true } else { false } }
    #expect((600...760).contains(tokens))
  }

  @Test("can be interrupted in the middle of a sentence")
  func interrupt() async throws {
    let run = try await DemoRuntime(pace: 1).start(turn("a long answer"))
    var events: [AgentEvent] = []
    for await event in run.events {
      events.append(event)
      if case .token = event {
        await run.interrupt()
        await run.interrupt()
      }
    }
    #expect(events.last == .finished(.interrupted))
    #expect(events.answer.count < 100)
  }

  @Test("mentions a remark later in the answer")
  func steer() async throws {
    let run = try await demo.start(turn("Hello"))
    #expect(await run.steer("rather in blue"))
    let events = await run.events.reduce(into: [AgentEvent]()) { $0.append($1) }
    #expect(events.answer.contains("you said: “rather in blue”"))
    #expect(await run.steer("too late") == false)
  }

  @Test("offers one model")
  func models() async throws {
    #expect(try await demo.models(of: ModelEndpoint(baseURL: "")) == ["demo"])
  }
}
