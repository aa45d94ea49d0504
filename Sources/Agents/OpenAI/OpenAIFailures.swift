import JSON

/// Words what goes wrong with one model server: what happened, and what the user can do about it. Never the key.
struct OpenAIFailures {
  /// Why there is no answer.
  enum Silence {
    case saidNothing
    case thoughtTooLong
    case onlyTools
  }

  /// The server, as messages name it.
  let server: String
  /// The model, as it was sent.
  let model: String
  /// The key, so that it can be taken out of what the server says.
  private let key: String?

  /// Words for one request.
  init(server: String, model: String, key: String?) {
    self.server = server
    self.model = model
    self.key = key
  }

  // MARK: The server says no

  /// An answer with an error status.
  func status(_ status: Int, body: [UInt8]) -> AgentFailure {
    // Whatever is no JSON is an error page of some proxy, and is shown as it is.
    let value = try? JSONValue(parsing: body)
    let report = value.map { ErrorReport($0) }
    let details = cleaned(report?.message ?? String(decoding: body, as: UTF8.self))
    if (300..<400).contains(status) {
      return AgentFailure(
        kind: .other, message: "\(server) redirects to another address (status \(status)), which is not followed.",
        hint: "Set model.base_url in config.yaml to the address that the server redirects to.")
    }
    return failure(kind(status: status, report: report), said: "answered with status \(status)", details: details)
  }

  /// An error in the middle of a stream.
  func inStream(_ value: JSONValue) -> AgentFailure {
    let report = ErrorReport(value)
    let kind = kind(status: report.status, report: report)
    return failure(kind, said: "reported an error", details: cleaned(report.message ?? value.text))
  }

  private func kind(status: Int?, report: ErrorReport?) -> AgentFailure.Kind {
    if let report {
      if report.has(ErrorReport.quotaCodes) { return .quota }
      if report.has(ErrorReport.modelCodes) || report.namesMissingModel { return .modelNotFound }
      if report.has(ErrorReport.authenticationCodes) { return .authentication }
      if report.has(ErrorReport.rateCodes) { return .rateLimit }
    }
    switch status {
    case 401, 403: return .authentication
    case 402: return .quota
    case 404: return .modelNotFound
    case 429: return .rateLimit
    default: return .other
    }
  }

  private func failure(_ kind: AgentFailure.Kind, said: String, details: String) -> AgentFailure {
    let meaning: String
    let hint: String
    switch kind {
    case .authentication:
      meaning = key == nil ? "no key was sent" : "the key was not accepted"
      hint = "Check model.api_key in config.yaml."
    case .quota:
      meaning = "nothing is left to spend"
      hint = "Check the plan and the balance at the provider, or choose another model."
    case .modelNotFound:
      meaning = "the model “\(cleaned(model))” was not found"
      hint = "Check model.default, and that model.base_url is the address that ends before /chat/completions."
    case .rateLimit:
      meaning = "too many requests"
      hint = "Wait a little and ask again."
    case .noResponse, .unreachable, .other:
      meaning = "the request failed there"
      hint = "Look at the server's own log, or ask again."
    }
    return AgentFailure(
      kind: kind, message: "\(server) \(said): \(meaning).", hint: hint, details: details.isEmpty ? nil : details)
  }

  // MARK: The connection

  /// The transfer did not get to its end.
  ///
  /// - Parameter hasBegun: Whether a part of the answer was there already.
  func transfer(_ failure: HTTPTransferFailure, hasBegun: Bool) -> AgentFailure {
    let message: String
    var hint = "Check that the server runs, and that model.base_url in config.yaml is its address."
    switch failure.kind {
    case .notResolved: message = "The name of \(server) could not be resolved."
    case .notConnected: message = "Nobody listens at \(server)."
    case .connectTimeout: message = "\(server) did not accept a connection in time."
    case .notSecure:
      message = "No secure connection to \(server) could be made."
      hint = "Check the server's certificate, and whether the address begins with http:// or https://."
    case .silent:
      message = "\(server) accepted the request, but sent nothing in time."
      hint = "The model may still be loading; ask again in a while."
    case .stalled, .totalTimeout:
      message = "The answer of \(server) stopped coming."
      hint = "Look at the server's own log, or ask again."
    case .badAddress:
      return AgentFailure(
        kind: .other, message: "The address in model.base_url cannot be used.", hint: hint,
        details: cleaned(failure.message))
    case .broken where hasBegun: return brokeOff(details: failure.message)
    case .broken, .cancelled, .other: message = "The connection to \(server) broke off."
    }
    return AgentFailure(kind: .unreachable, message: message, hint: hint, details: cleaned(failure.message))
  }

  /// The answer ended in the middle.
  func brokeOff(details: String? = nil) -> AgentFailure {
    AgentFailure(
      kind: .unreachable, message: "The connection to \(server) broke off before the answer was complete.",
      hint: "What had arrived is kept. Ask again for the rest.", details: details.map { cleaned($0) })
  }

  // MARK: The answer

  /// The server answered with something that is no completion.
  func noCompletion(details: String? = nil) -> AgentFailure {
    AgentFailure(
      kind: .other, message: "\(server) answered with something that is no chat completion.",
      hint: "Check that model.base_url in config.yaml is the address that ends before /chat/completions.",
      details: details.map { cleaned($0) })
  }

  /// The answer, or a line of it, is longer than anything sensible.
  func tooLong(limit: Int) -> AgentFailure {
    AgentFailure(
      kind: .other, message: "\(server) sent more than \(limit) bytes where so much makes no sense.",
      hint: "What had arrived is kept. The model may be repeating itself; ask in another way.")
  }

  /// A filter of the server ended the answer.
  func filtered() -> AgentFailure {
    AgentFailure(
      kind: .other, message: "A content filter of \(server) ended the answer.", hint: "Ask in another way.")
  }

  /// The model said nothing.
  func noResponse(_ why: Silence) -> AgentFailure {
    let (message, hint) =
      switch why {
      case .saidNothing: ("The model at \(server) sent an empty answer.", "Ask again, or choose another model.")
      case .thoughtTooLong:
        ("The model at \(server) ran out of room while it was thinking.", "Raise the server's limit for answers.")
      case .onlyTools:
        ("The model at \(server) called tools instead of answering.", "The openai runtime runs no tools; ask for text.")
      }
    return AgentFailure(kind: .noResponse, message: message, hint: hint)
  }

  /// What somebody else said, fit to be shown: without the key, without control characters, at most 1,200 characters.
  private func cleaned(_ text: String) -> String {
    var text = text
    // A key of a few characters would be found in every word; no real one is so short.
    if let key, key.count >= 4 {
      text = text.split(separator: key, omittingEmptySubsequences: false).joined(separator: "[key]")
    }
    let isShown: (Unicode.Scalar) -> Bool = { $0 == "\n" || $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7F) }
    text.unicodeScalars.removeAll { !isShown($0) }
    return String(text.prefix(1200))
  }
}
