import Agents
import JSON
import Store

/// Brings what a turn was into its conversation. All of it runs under the session's lock, on the file as it is.
enum TurnMerge {
  /// The prompt becomes a message, exactly once: an eager server may have appended it already (invariant 24, domain 6
  /// number 16).
  ///
  /// - Returns: Whether it was added.
  @discardableResult
  static func addPrompt(_ pending: PendingTurn, to document: inout SessionDocument, recovered: Bool = false) -> Bool {
    if endsWith(pending, document) { return false }
    var row: JSONObject = ["role": "user", "content": .string(pending.text)]
    let names = pending.attachments.compactMap { $0.string ?? $0["name"]?.string ?? $0["filename"]?.string }
    if !names.isEmpty { row["attachments"] = .array(names.map { .string($0) }) }
    row["timestamp"] = .double(pending.startedAt)
    if recovered { row["_recovered"] = true }
    if let source = pending.source, source != "webui" { row["_source"] = .string(source) }
    document.messages.append(row)
    return true
  }

  /// What was streamed before the turn broke off.
  static func addPartial(_ output: TurnOutput, to document: inout SessionDocument, at now: Double) {
    if let row = output.partialMessage(at: now) { document.messages.append(row) }
  }

  /// The answer, the tool cards, the counters and the title of a turn that ended well.
  ///
  /// - Throws: An error when parts of the file that have to be added to are damaged.
  static func addAnswer(
    _ output: TurnOutput, to document: inout SessionDocument, turn: LiveTurn, model: String?, at now: Double,
    seconds: Double
  ) throws {
    var rows = output.messages(at: now)
    if let last = rows.indices.last {
      rows[last]["_turnDuration"] = .double(seconds)
      if seconds > 0, output.usage.output > 0 {
        rows[last]["_turnTps"] = .double((Double(output.usage.output) / seconds * 10).rounded() / 10)
      }
      if let first = output.firstOutputAt { rows[last]["_firstTokenMs"] = .int(Int((first - turn.startedAt) * 1000)) }
      if let model { rows[last]["_usedModel"] = .string(model) }
    }
    let cards = output.toolCards(firstIndex: document.messages.count)
    if !cards.isEmpty { document.tail["tool_calls"] = .array(try document.toolCalls() + cards) }
    let context = try document.contextMessages()
    if !context.isEmpty, let prompt = try? document.messages.object(at: document.messages.count - 1) {
      // A conversation whose model sees another transcript than its reader has to tell the model of this turn too.
      document.tail["context_messages"] = .array(context + ([prompt] + rows).map { .object($0) })
    }
    for row in rows { document.messages.append(row) }
    count(output.usage, in: &document)
    if let title = output.title, !document.hasManualTitle {
      document.title = title
      document.metadata["llm_title_generated"] = true
    }
  }

  private static func count(_ usage: TokenUsage, in document: inout SessionDocument) {
    func add(_ count: Int, to key: String) {
      if count > 0 { document.metadata[key] = .int((document.metadata[key]?.int ?? 0) + count) }
    }
    add(usage.input, to: "input_tokens")
    add(usage.output, to: "output_tokens")
    add(usage.cacheRead, to: "cache_read_tokens")
    if let lastPrompt = usage.lastPrompt { document.metadata["last_prompt_tokens"] = .int(lastPrompt) }
    if let length = usage.contextLength { document.metadata["context_length"] = .int(length) }
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
