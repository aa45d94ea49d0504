import JSON

/// The list of a server's models.
enum ModelList {
  /// How many bytes the list may have.
  static let limit = 1 << 20

  /// Asks a server.
  ///
  /// - Throws: ``AgentFailure``; `CancellationError` when the task is cancelled.
  static func fetch(from endpoint: ModelEndpoint, timeouts: OpenAITimeouts) async throws -> [String] {
    if endpoint.baseURL.trimmingSpace().isEmpty { throw CompletionRequest.missingEndpoint }
    let address = try ModelAddress(endpoint.baseURL)
    let failures = OpenAIFailures(
      server: address.displayName, model: endpoint.defaultModel ?? "", key: endpoint.apiKey)
    let headers = try CompletionRequest.headers(endpoint) + [(name: "Accept", value: "application/json")]
    let status: Int
    let body: (bytes: [UInt8], isCut: Bool)
    do throws(HTTPTransferFailure) {
      let transfer = try HTTPTransfer.start(
        HTTPTransferRequest(
          url: address.url("/models"), headers: headers, connectTimeout: timeouts.connect,
          totalTimeout: timeouts.models, ignoresProxy: address.isLoopback))
      status = try await transfer.head().status
      body = try await transfer.body(limit: limit)
    } catch {
      try Task.checkCancellation()
      throw failures.transfer(error, hasBegun: false)
    }
    // A server without such a list is a server all the same.
    if [404, 405, 501].contains(status) { return [] }
    guard (200..<300).contains(status) else { throw failures.status(status, body: body.bytes) }
    if body.isCut { throw failures.tooLong(limit: limit) }
    // What is no JSON is no list of models; where it is wrong helps nobody.
    guard let value = try? JSONValue(parsing: body.bytes), let ids = ids(in: value) else {
      throw AgentFailure(
        kind: .other, message: "\(address.displayName) answered with something that is no list of models.",
        hint: "Check that model.base_url in config.yaml is the address that ends before /chat/completions.")
    }
    return ordered(ids, first: CompletionRequest.bareModel("", orElse: endpoint.defaultModel ?? ""))
  }

  /// The ids of `{"data":[{"id"}]}`, of `{"models":[{"name"}]}`, or of a bare array. Nil when it is none of them.
  static func ids(in value: JSONValue) -> [String]? {
    guard let entries = value["data"]?.array ?? value["models"]?.array ?? value.array else { return nil }
    return entries.compactMap { $0.string ?? $0["id"]?.string ?? $0["name"]?.string }.filter { !$0.isEmpty }
  }

  private static func ordered(_ ids: [String], first: String) -> [String] {
    var seen: Set<String> = []
    return (ids.filter { $0 == first } + ids).filter { seen.insert($0).inserted }
  }
}
