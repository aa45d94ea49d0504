import JSON

/// Turns the chunks of a chat completion, or the one body of a server that does not stream, into events.
struct CompletionDecoder {
  /// How many bytes of text one answer may have, thinking and tool calls included.
  static let answerLimit = 32 << 20

  /// Why the model stopped; nil until it said so.
  private(set) var finishReason: String?

  private let failures: OpenAIFailures
  private let answerLimit: Int
  private var splitter = ThinkSplitter()
  private var calls = ToolCallCollector()
  private var usage: TokenUsage?
  private var hasAnswer = false
  private var hasReasoning = false
  private var byteCount = 0

  /// A decoder at the beginning of an answer.
  ///
  /// - Parameters:
  ///   - failures: Words failures for the server that is asked.
  ///   - answerLimit: How many bytes of text the answer may have.
  init(failures: OpenAIFailures, answerLimit: Int = CompletionDecoder.answerLimit) {
    self.failures = failures
    self.answerLimit = answerLimit
  }

  /// Takes a chunk, or a whole completion.
  ///
  /// - Throws: ``AgentFailure`` when the chunk reports an error or the answer is too long.
  mutating func consume(_ chunk: JSONValue) throws(AgentFailure) -> [AgentEvent] {
    if let error = chunk["error"], !error.isFalsy { throw failures.inStream(chunk) }
    var events: [AgentEvent] = []
    if let choices = chunk["choices"]?.array {
      for choice in choices where (choice["index"]?.int ?? 0) == 0 {
        if let error = choice["error"], !error.isFalsy { throw failures.inStream(choice) }
        let part = choice["delta"]?.object ?? choice["message"]?.object ?? [:]
        events += read(part)
        if let reason = choice["finish_reason"]?.string, !reason.isEmpty { finishReason = reason }
      }
    }
    if byteCount > answerLimit { throw failures.tooLong(limit: answerLimit) }
    if let event = readUsage(chunk["usage"]) { events.append(event) }
    return events
  }

  /// Ends the answer.
  ///
  /// - Parameter isWhole: Whether the server said that nothing more comes.
  /// - Returns: What was held back, and the last event.
  mutating func finish(isWhole: Bool) -> (events: [AgentEvent], last: AgentEvent) {
    var events = splitter.finish().map { event(of: $0) }
    guard isWhole || finishReason != nil else {
      return (events, .failed(failures.brokeOff()))
    }
    events += calls.events()
    if finishReason == "content_filter" { return (events, .failed(failures.filtered())) }
    let isCut = finishReason == "length" || finishReason == "max_tokens"
    if !hasAnswer {
      let why: OpenAIFailures.Silence =
        calls.isEmpty ? (isCut && hasReasoning ? .thoughtTooLong : .saidNothing) : .onlyTools
      return (events, .failed(failures.noResponse(why)))
    }
    return (events, .finished(isCut ? .lengthLimit : .complete))
  }

  private mutating func read(_ part: JSONObject) -> [AgentEvent] {
    var events: [AgentEvent] = []
    // Servers differ in the name; some send the same thinking under two of them, so only the first counts.
    for key in ["reasoning_content", "reasoning", "thinking"] {
      let text = CompletionDecoder.text(of: part[key])
      if text.isEmpty { continue }
      events.append(event(of: .reasoning(text)))
      break
    }
    events += splitter.consume(CompletionDecoder.text(of: part["content"])).map { event(of: $0) }
    // A refusal is what the model has to say instead of an answer.
    let refusal = CompletionDecoder.text(of: part["refusal"])
    if !refusal.isEmpty { events.append(event(of: .answer(refusal))) }
    if let deltas = part["tool_calls"]?.array { byteCount += calls.consume(deltas) }
    return events
  }

  private mutating func event(of piece: ThinkSplitter.Piece) -> AgentEvent {
    switch piece {
    case .reasoning(let text):
      byteCount += text.utf8.count
      hasReasoning = true
      return .reasoning(text)
    case .answer(let text):
      byteCount += text.utf8.count
      if !hasAnswer { hasAnswer = text.contains { !$0.isWhitespace } }
      return .token(text)
    }
  }

  /// No answer has more tokens; what is beyond it is a mistake that must not overflow a sum.
  private static let tokenLimit = 1_000_000_000

  private mutating func readUsage(_ value: JSONValue?) -> AgentEvent? {
    guard let object = value?.object else { return nil }
    func count(_ value: JSONValue?) -> Int { min(max(0, value?.int ?? 0), Self.tokenLimit) }
    let input = count(object["prompt_tokens"])
    let usage = TokenUsage(
      input: input, output: count(object["completion_tokens"]),
      cacheRead: min(input, count(object["prompt_tokens_details"]?["cached_tokens"])), lastPrompt: input)
    // Some servers repeat the same count in each chunk.
    if usage == self.usage { return nil }
    self.usage = usage
    return .usage(usage)
  }

  /// A text, or the text parts of an array.
  private static func text(of value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text
    case .array(let parts)?: parts.map { $0.string ?? $0["text"]?.string ?? "" }.joined()
    default: ""
    }
  }
}
