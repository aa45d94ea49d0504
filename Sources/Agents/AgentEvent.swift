import JSON

/// What happens in a turn.
public enum AgentEvent: Sendable, Equatable {
  /// More of the answer.
  case token(String)
  /// More of the thinking that precedes it.
  case reasoning(String)
  /// A tool begins to work.
  case toolStarted(ToolStart)
  /// A tool has worked.
  case toolCompleted(ToolCompletion)
  /// The run waits until the user allows or denies something.
  case approvalRequested(ApprovalRequest)
  /// The run waits until the user answers a question.
  case questionAsked(Question)
  /// How much was used up to now in this turn.
  case usage(TokenUsage)
  /// A name for the conversation.
  case title(String)
  /// The turn is over; nothing follows.
  case finished(FinishReason)
  /// The turn went wrong; nothing follows.
  case failed(AgentFailure)
}

/// A tool begins to work.
public struct ToolStart: Sendable, Equatable {
  /// Names this use of the tool within the turn.
  public var id: String
  /// The tool's name.
  public var name: String
  /// What the tool was called with.
  public var arguments: JSONObject

  /// A tool's start.
  public init(id: String, name: String, arguments: JSONObject) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// A tool has worked.
public struct ToolCompletion: Sendable, Equatable {
  /// The id of its start.
  public var id: String
  /// The tool's name.
  public var name: String
  /// What the tool was called with.
  public var arguments: JSONObject
  /// What came of it, as text.
  public var result: String
  /// Whether it failed.
  public var isError: Bool
  /// How long it worked, in seconds.
  public var duration: Double

  /// A tool's end.
  public init(id: String, name: String, arguments: JSONObject, result: String, isError: Bool, duration: Double) {
    self.id = id
    self.name = name
    self.arguments = arguments
    self.result = result
    self.isError = isError
    self.duration = duration
  }
}

/// Something that the user has to allow.
public struct ApprovalRequest: Sendable, Equatable {
  /// Names the request; 32 hexadecimal digits.
  public var id: String
  /// What would be done.
  public var command: String
  /// Why it needs to be asked.
  public var description: String
  /// The rule that asked, for "allow this for the session".
  public var patternKey: String

  /// A request.
  public init(id: String, command: String, description: String, patternKey: String) {
    self.id = id
    self.command = command
    self.description = description
    self.patternKey = patternKey
  }
}

/// What a user can say to an ``ApprovalRequest`` (wire-sessions-chat 3.1).
public enum ApprovalChoice: String, Sendable, CaseIterable {
  /// This time.
  case once
  /// For the rest of this conversation.
  case session
  /// From now on.
  case always
  /// No.
  case deny
}

/// A question to the user in the middle of a turn.
public struct Question: Sendable, Equatable {
  /// Names the question; 12 hexadecimal digits.
  public var id: String
  /// The question.
  public var text: String
  /// Answers to choose from; may be empty.
  public var choices: [String]

  /// A question.
  public init(id: String, text: String, choices: [String]) {
    self.id = id
    self.text = text
    self.choices = choices
  }
}

/// Tokens, counted over one turn.
public struct TokenUsage: Sendable, Equatable {
  /// Read by the model.
  public var input: Int
  /// Written by the model.
  public var output: Int
  /// Of `input`, taken from a cache.
  public var cacheRead: Int
  /// How many tokens the last prompt had, for the context gauge; nil when unknown.
  public var lastPrompt: Int?
  /// How many tokens the model can hold; nil when unknown.
  public var contextLength: Int?

  /// A count.
  public init(input: Int = 0, output: Int = 0, cacheRead: Int = 0, lastPrompt: Int? = nil, contextLength: Int? = nil) {
    self.input = input
    self.output = output
    self.cacheRead = cacheRead
    self.lastPrompt = lastPrompt
    self.contextLength = contextLength
  }
}

/// Why a turn is over.
public enum FinishReason: Sendable, Equatable {
  /// The model has said everything.
  case complete
  /// The model ran out of room for its answer.
  case lengthLimit
  /// Somebody asked the run to stop.
  case interrupted
}

/// Why a turn went wrong.
public struct AgentFailure: Error, Sendable, Equatable {
  /// The kinds that a user can do something different about (wire-sessions-chat 2.2, `apperror` types).
  public enum Kind: String, Sendable {
    /// The key is missing or wrong.
    case authentication = "auth_mismatch"
    /// Too many requests.
    case rateLimit = "rate_limit"
    /// Nothing left to spend.
    case quota = "quota_exhausted"
    /// No such model.
    case modelNotFound = "model_not_found"
    /// The model said nothing.
    case noResponse = "no_response"
    /// The connection broke off, or nobody listens.
    case unreachable = "interrupted"
    /// Something else.
    case other = "error"
  }

  /// The kind.
  public var kind: Kind
  /// What happened, for the user; no key, no prompt.
  public var message: String
  /// What the user can do about it.
  public var hint: String?
  /// What the other side said, cut to 1,200 characters.
  public var details: String?

  /// A failure.
  public init(kind: Kind, message: String, hint: String? = nil, details: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.details = details
  }
}
