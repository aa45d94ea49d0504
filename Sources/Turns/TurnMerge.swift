import Agents
import JSON
import Store

/// Brings what a turn was into its conversation. All of it runs under the session's lock, on the file as it is.
struct TurnMerge: Sendable {
  let turn: LiveTurn
  let pending: PendingTurn
  let output: TurnOutput
  let model: String?
  /// Seconds since 1970.
  let now: Double
  /// How long the turn took.
  let seconds: Double

  /// Adds prompt and answer, and clears the live fields.
  ///
  /// - Throws: An error when parts of the file that have to be added to are damaged.
  func end(_ outcome: TurnOutcome, in document: inout SessionDocument) throws -> TurnSaving {
    guard document.storedStreamID == turn.id else { return .notOurs }
    var rows = TurnMerge.promptRow(pending, after: document).map { [$0] } ?? []
    let answerIndex = document.messages.count + rows.count
    switch outcome {
    case .finished: rows += answerRows()
    case .cancelled: rows += partialRow() + [FailureMessage.cancellationRow(at: now)]
    case .failed(let failure): rows += partialRow() + [FailureMessage.row(for: failure, at: now, seconds: seconds)]
    case .serverStops: rows += partialRow() + [FailureMessage.interruptionRow(at: now)]
    }
    if case .finished = outcome { try addCardsAndCounts(to: &document, answerIndex: answerIndex) }
    try TurnMerge.append(rows, to: &document)
    document.pendingTurn = nil
    return .saved(answerIndex: answerIndex)
  }

  /// Adds messages, and tells the model of them too where it sees another transcript than the reader. Error rows are
  /// shown only (domain 1.3).
  ///
  /// - Throws: An error when that other transcript is damaged.
  static func append(_ rows: [JSONObject], to document: inout SessionDocument) throws {
    let context = try document.contextMessages()
    if !context.isEmpty {
      let told = rows.filter { $0["_error"]?.bool != true }
      document.tail["context_messages"] = .array(context + told.map { .object($0) })
    }
    for row in rows { document.messages.append(row) }
  }

  /// The prompt as a message; nil when it is there already, as an eager server may have appended it (invariant 24,
  /// domain 6 number 16).
  static func promptRow(
    _ pending: PendingTurn, after document: SessionDocument, recovered: Bool = false
  ) -> JSONObject? {
    if endsWith(pending, document) { return nil }
    var row: JSONObject = ["role": "user", "content": .string(pending.text)]
    let names = pending.attachments.compactMap { $0.string ?? $0["name"]?.string ?? $0["filename"]?.string }
    if !names.isEmpty { row["attachments"] = .array(names.map { .string($0) }) }
    row["timestamp"] = .double(pending.startedAt)
    if recovered { row["_recovered"] = true }
    if let source = pending.source, source != "webui" { row["_source"] = .string(source) }
    return row
  }

  private func partialRow() -> [JSONObject] {
    output.partialMessage(at: now).map { [$0] } ?? []
  }

  private func answerRows() -> [JSONObject] {
    var rows = output.messages(at: now)
    guard let last = rows.indices.last else { return rows }
    rows[last]["_turnDuration"] = .double(seconds)
    if seconds > 0, output.usage.output > 0 {
      rows[last]["_turnTps"] = .double((Double(output.usage.output) / seconds * 10).rounded() / 10)
    }
    if let first = output.firstOutputAt { rows[last]["_firstTokenMs"] = .int(Int((first - turn.startedAt) * 1000)) }
    if let model { rows[last]["_usedModel"] = .string(model) }
    return rows
  }

  private func addCardsAndCounts(to document: inout SessionDocument, answerIndex: Int) throws {
    let cards = output.toolCards(firstIndex: answerIndex)
    if !cards.isEmpty { document.tail["tool_calls"] = .array(try document.toolCalls() + cards) }
    let usage = output.usage
    for (key, count) in [
      ("input_tokens", usage.input), ("output_tokens", usage.output), ("cache_read_tokens", usage.cacheRead),
    ] where count > 0 {
      document.metadata[key] = .int((document.metadata[key]?.int ?? 0).saturatingSum(count))
    }
    if let lastPrompt = usage.lastPrompt { document.metadata["last_prompt_tokens"] = .int(lastPrompt) }
    if let length = usage.contextLength { document.metadata["context_length"] = .int(length) }
    if let title = output.title, !document.hasManualTitle {
      document.title = title
      document.metadata["llm_title_generated"] = true
    }
  }

  /// Whether the transcript already ends with the prompt: the same text, not older than the turn's start.
  private static func endsWith(_ pending: PendingTurn, _ document: SessionDocument) -> Bool {
    guard let last = document.messages.indices.last,
      // A last message that cannot be read is not this prompt.
      let row = try? document.messages.object(at: last), row["role"]?.string == "user",
      row["content"]?.string == pending.text
    else { return false }
    let time = row["timestamp"]?.double ?? row["_ts"]?.double
    // Older servers store whole seconds.
    return time.map { $0 >= pending.startedAt.rounded(.down) } ?? true
  }
}

extension Int {
  /// The sum, or the largest number: a count in a file may be anything.
  public func saturatingSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }
}
