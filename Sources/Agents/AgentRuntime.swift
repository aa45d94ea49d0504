import JSON

/// Somebody who answers prompts: the demo, a model server, the Hermes agent.
///
/// A runtime keeps nothing of a conversation: everything that it needs for a turn is in the ``TurnRequest``, and
/// everything that comes of it is in the events of the ``AgentRun``.
public protocol AgentRuntime: Sendable {
  /// What it is called in the configuration and in the logs: `demo`, `openai`.
  var name: String { get }

  /// Starts a turn and returns as soon as the runtime has taken it on; it does not wait for the model.
  ///
  /// - Throws: ``AgentFailure`` when the turn cannot even begin (no model configured, an unusable address).
  func start(_ request: TurnRequest) async throws -> any AgentRun

  /// The models that this runtime offers for an endpoint, best first; empty when it cannot tell.
  ///
  /// - Throws: ``AgentFailure`` when the endpoint cannot be asked.
  func models(of endpoint: ModelEndpoint) async throws -> [String]
}

/// One turn that is under way.
public protocol AgentRun: Sendable {
  /// What happens, in order. Ends after exactly one ``AgentEvent/finished(_:)`` or ``AgentEvent/failed(_:)``. Has one
  /// reader.
  var events: AsyncStream<AgentEvent> { get }

  /// Answers an approval that the run asked for. False when nothing with this id waits for an answer.
  func answerApproval(id: String, _ choice: ApprovalChoice) async -> Bool

  /// Answers a question that the run asked. False when nothing with this id waits for an answer.
  func answerQuestion(id: String, _ text: String) async -> Bool

  /// Asks the run to stop. The run then ends with ``FinishReason/interrupted`` within a second or two; to ask twice
  /// changes nothing.
  func interrupt() async

  /// Hands the run a remark for the turn that is under way. False when this runtime cannot take one.
  func steer(_ text: String) async -> Bool
}

/// Everything that a runtime needs to know about a turn.
public struct TurnRequest: Sendable {
  /// The conversation, as an opaque name.
  public var sessionID: String
  /// The turn, as an opaque name.
  public var streamID: String
  /// What was said before, oldest first, without the prompt.
  public var history: [AgentMessage]
  /// What the user asks now.
  public var prompt: String
  /// Absolute paths of the files that came with the prompt.
  public var attachments: [String]
  /// The model that the user chose; nil means the endpoint's default.
  public var model: String?
  /// Where the model is; nil for a runtime that brings its own.
  public var endpoint: ModelEndpoint?
  /// Absolute path of the folder that tools work in.
  public var workspace: String

  /// A turn.
  public init(
    sessionID: String, streamID: String, history: [AgentMessage], prompt: String, attachments: [String] = [],
    model: String? = nil, endpoint: ModelEndpoint? = nil, workspace: String
  ) {
    self.sessionID = sessionID
    self.streamID = streamID
    self.history = history
    self.prompt = prompt
    self.attachments = attachments
    self.model = model
    self.endpoint = endpoint
    self.workspace = workspace
  }
}

/// A message of the history as the model sees it: the keys `role`, `content`, `tool_calls`, `tool_call_id`, `name` and
/// `refusal` of a transcript's message, as they stand there (domain 1.3, "Keys forwarded to the model").
public struct AgentMessage: Sendable, Equatable {
  /// The message.
  public var object: JSONObject

  /// A message from its keys.
  public init(_ object: JSONObject) {
    self.object = object
  }

  /// A message with a role and a text.
  public init(role: String, text: String) {
    object = ["role": .string(role), "content": .string(text)]
  }
}

/// Where a model is and how to be let in.
public struct ModelEndpoint: Sendable, Equatable {
  /// The address that ends before `/chat/completions`, such as `http://127.0.0.1:11434/v1`.
  public var baseURL: String
  /// The key; never in a log. Nil for servers that want none.
  public var apiKey: String?
  /// The model when the user chose none.
  public var defaultModel: String?

  /// An endpoint.
  public init(baseURL: String, apiKey: String? = nil, defaultModel: String? = nil) {
    self.baseURL = baseURL
    self.apiKey = apiKey
    self.defaultModel = defaultModel
  }
}
