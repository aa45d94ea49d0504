import Logging

@testable import Agents

/// A turn with what a test does not care about filled in.
func turn(
  _ prompt: String, session: String = "session", stream: String = "stream", history: [AgentMessage] = [],
  model: String? = "fake-model", at baseURL: String? = nil, key: String? = "sk-secret-key"
) -> TurnRequest {
  TurnRequest(
    sessionID: session, streamID: stream, history: history, prompt: prompt, model: model,
    endpoint: baseURL.map { ModelEndpoint(baseURL: $0, apiKey: key) }, workspace: "/")
}

/// A runtime that logs nothing.
func openAI(_ timeouts: OpenAITimeouts = OpenAITimeouts()) -> OpenAIRuntime {
  OpenAIRuntime(timeouts: timeouts, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
}

/// Starts a turn at a model server and collects its events.
func ask(
  _ prompt: String, at baseURL: String, timeouts: OpenAITimeouts = OpenAITimeouts()
) async throws -> [AgentEvent] {
  let run = try await openAI(timeouts).start(turn(prompt, at: baseURL))
  return await run.events.reduce(into: []) { $0.append($1) }
}

extension [AgentEvent] {
  /// The answer.
  var answer: String { map { if case .token(let text) = $0 { text } else { "" } }.joined() }
  /// The thinking.
  var reasoning: String { map { if case .reasoning(let text) = $0 { text } else { "" } }.joined() }
  /// The failure that ended the turn.
  var failure: AgentFailure? { if case .failed(let failure)? = last { failure } else { nil } }
  /// The last count.
  var usage: TokenUsage? { compactMap { if case .usage(let usage) = $0 { usage } else { nil } }.last }
  /// The tools that began.
  var toolStarts: [ToolStart] { compactMap { if case .toolStarted(let start) = $0 { start } else { nil } } }
  /// The tools that ended.
  var toolCompletions: [ToolCompletion] {
    compactMap { if case .toolCompleted(let completion) = $0 { completion } else { nil } }
  }
  /// How many events end the turn.
  var endings: Int {
    count {
      switch $0 {
      case .finished, .failed: true
      default: false
      }
    }
  }
}

/// A chunk of a completion as a server sends it.
func chunk(_ delta: String, finish: String? = nil) -> String {
  let reason = finish.map { "\"\($0)\"" } ?? "null"
  return "data: {\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":\(reason)}]}\n\n"
}
