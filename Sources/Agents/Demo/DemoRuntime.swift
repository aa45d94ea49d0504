/// A runtime that needs no model and no network, so that everything around it can be tried and tested.
///
/// It answers every prompt in Markdown at the pace of a person's reading, and the same prompt always in the same words.
/// Words in the prompt make it do more: `tool` shows a tool, `approval` asks for permission, `clarify` or `question`
/// asks a question, `long` streams for some twenty seconds, `fail` ends with an error. Nothing is ever executed.
///
/// ```swift
/// let run = try await DemoRuntime().start(request)
/// for await event in run.events { print(event) }
/// ```
public struct DemoRuntime: AgentRuntime {
  /// `demo`.
  public let name = "demo"

  private let pace: Double
  private let approvals = DemoApprovals()
  private let answerTimeout: Duration

  /// A demo.
  ///
  /// - Parameter pace: How long every pause is: 1 is a human pace (33 words a second), 0 does not wait at all.
  public init(pace: Double = 1) {
    self.init(pace: pace, answerTimeout: .seconds(600))
  }

  /// A demo whose patience with an unanswered question is chosen, for tests.
  init(pace: Double, answerTimeout: Duration) {
    self.pace = pace.isFinite ? max(0, pace) : 1
    self.answerTimeout = answerTimeout
  }

  /// Starts a turn. Never throws: the demo can always answer.
  public func start(_ request: TurnRequest) async throws -> any AgentRun {
    DemoRun(request: request, pace: pace, approvals: approvals, answerTimeout: answerTimeout)
  }

  /// One model, `demo`, for every endpoint.
  public func models(of endpoint: ModelEndpoint) async throws -> [String] {
    ["demo"]
  }
}
