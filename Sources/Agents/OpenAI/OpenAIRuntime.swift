import JSON
import Logging

/// Asks a server that speaks OpenAI's chat completions: a hosted one, llama.cpp, Ollama, LM Studio, vLLM.
///
/// It sends the history and the prompt, offers no tools, and streams the answer. One request a turn; the only repetition
/// is for servers that do not know `stream_options`. Attachments are not sent: whoever wants the model to see them puts
/// them into the prompt.
///
/// ```swift
/// let runtime = OpenAIRuntime(logger: logger)
/// let run = try await runtime.start(request)
/// for await event in run.events { print(event) }
/// ```
public struct OpenAIRuntime: AgentRuntime {
  /// `openai`.
  public let name = "openai"

  private let timeouts: OpenAITimeouts
  private let logger: Logger

  /// A runtime.
  ///
  /// - Parameters:
  ///   - timeouts: How long to wait for servers.
  ///   - logger: Told of the beginning and the end of each turn, never of keys or prompts.
  public init(timeouts: OpenAITimeouts = OpenAITimeouts(), logger: Logger) {
    self.timeouts = timeouts
    self.logger = logger
  }

  /// Why a base URL cannot be used, for whoever checks one before there is a turn.
  ///
  /// - Returns: A sentence that does not repeat the address, which may hold a password; nil when it can be used.
  public static func addressProblem(_ baseURL: String) -> String? { ModelAddress.problem(of: baseURL) }

  /// Starts a turn.
  ///
  /// - Throws: ``AgentFailure`` when no endpoint or no model is configured, or the address or the key is unusable.
  public func start(_ request: TurnRequest) async throws -> any AgentRun {
    let completion = try CompletionRequest(request, timeouts: timeouts)
    var logger = logger
    logger[metadataKey: "stream"] = "\(request.streamID)"
    logger.debug("asking a model server", metadata: ["server": "\(completion.address.displayName)"])
    return OpenAIRun(completion: completion, afterFinish: timeouts.afterFinish, logger: logger)
  }

  /// Asks the server for its models; the endpoint's default comes first.
  ///
  /// - Returns: The ids; none when the server has no such list.
  /// - Throws: ``AgentFailure`` when the server cannot be asked, or answers with something else.
  public func models(of endpoint: ModelEndpoint) async throws -> [String] {
    try await ModelList.fetch(from: endpoint, timeouts: timeouts)
  }
}
