import JSON

/// What is sent to a model server for one turn, checked.
struct CompletionRequest {
  /// Where it is sent.
  let address: ModelAddress
  /// Words what may go wrong.
  let failures: OpenAIFailures

  private let headers: [(name: String, value: String)]
  private let model: String
  private let messages: [JSONValue]
  private let timeouts: OpenAITimeouts

  /// Checks a turn.
  ///
  /// - Throws: ``AgentFailure`` that names the key of the configuration that is missing or wrong.
  init(_ request: TurnRequest, timeouts: OpenAITimeouts) throws(AgentFailure) {
    guard let endpoint = request.endpoint, !endpoint.baseURL.trimmingSpace().isEmpty else {
      throw CompletionRequest.missingEndpoint
    }
    address = try ModelAddress(endpoint.baseURL)
    headers = try CompletionRequest.headers(endpoint)
    model = CompletionRequest.bareModel(request.model ?? "", orElse: endpoint.defaultModel ?? "")
    guard !model.isEmpty else {
      throw AgentFailure(
        kind: .other, message: "No model is chosen and model.default is not set in config.yaml.",
        hint: "Choose a model, or set model.default in config.yaml.")
    }
    messages =
      request.history.map { .object($0.object) } + [.object(AgentMessage(role: "user", text: request.prompt).object)]
    failures = OpenAIFailures(server: address.displayName, model: model, key: endpoint.apiKey)
    self.timeouts = timeouts
  }

  /// What is said when there is nobody to ask.
  static let missingEndpoint = AgentFailure(
    kind: .other, message: "No model server is configured: model.base_url is not set in config.yaml.",
    hint: "Set model.base_url, model.api_key and model.default in config.yaml.")

  /// The request.
  ///
  /// - Parameter includesUsage: Whether to ask for the count of tokens, which a few servers reject.
  func transfer(includesUsage: Bool) -> HTTPTransferRequest {
    var body: JSONObject = ["model": .string(model), "messages": .array(messages), "stream": true]
    if includesUsage { body["stream_options"] = ["include_usage": true] }
    return HTTPTransferRequest(
      url: address.url("/chat/completions"),
      headers: headers + [
        (name: "Content-Type", value: "application/json"),
        (name: "Accept", value: "text/event-stream, application/json"),
      ],
      body: body.bytes(.compact), connectTimeout: timeouts.connect, firstByteTimeout: timeouts.firstByte,
      idleTimeout: timeouts.idle, ignoresProxy: address.isLoopback)
  }

  /// The lines of the head that let the request in.
  ///
  /// - Throws: ``AgentFailure`` when the key could smuggle in another line.
  static func headers(_ endpoint: ModelEndpoint) throws(AgentFailure) -> [(name: String, value: String)] {
    guard let key = endpoint.apiKey, !key.isEmpty else { return [] }
    guard key.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw AgentFailure(
        kind: .authentication, message: "The key in model.api_key holds a line break or another control character.",
        hint: "Write model.api_key in config.yaml on one line.")
    }
    return [(name: "Authorization", value: "Bearer \(key)")]
  }

  /// The model without a `@provider:` in front, which says where to ask and is not known there (domain 3.12, rule 4).
  static func bareModel(_ chosen: String, orElse fallback: String) -> String {
    let model = chosen.trimmingSpace().isEmpty ? fallback.trimmingSpace() : chosen.trimmingSpace()
    guard model.hasPrefix("@"), let colon = model.lastIndex(of: ":") else { return model }
    return String(model[colon...].dropFirst())
  }
}
