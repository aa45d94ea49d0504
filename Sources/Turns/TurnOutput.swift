import Agents
import JSON

/// What a run has said and done up to now, and the messages that come of it.
struct TurnOutput: Sendable {
  private struct ToolUse {
    var start: ToolStart
    var completion: ToolCompletion?
  }

  /// What stands between two tools: text, then the tools that it led to.
  private struct Segment {
    var text = ""
    var reasoning = ""
    var tools: [ToolUse] = []
  }

  private var segments = [Segment()]
  private(set) var usage = TokenUsage()
  private(set) var title: String?
  private(set) var finish = FinishReason.complete
  /// Seconds since 1970 at which the first text or thought came.
  private(set) var firstOutputAt: Double?

  /// Whether nothing was said or done.
  var isEmpty: Bool { segments.allSatisfy { $0.text.isEmpty && $0.reasoning.isEmpty && $0.tools.isEmpty } }

  mutating func add(_ event: AgentEvent, at now: Double) {
    switch event {
    case .token(let text):
      beginSegmentAfterTools()
      segments[segments.count - 1].text += text
      firstOutputAt = firstOutputAt ?? now
    case .reasoning(let text):
      beginSegmentAfterTools()
      segments[segments.count - 1].reasoning += text
      firstOutputAt = firstOutputAt ?? now
    case .toolStarted(let start):
      segments[segments.count - 1].tools.append(ToolUse(start: start))
    case .toolCompleted(let completion):
      complete(completion)
    case .usage(let count): usage = count
    case .title(let text): title = text
    case .finished(let reason): finish = reason
    case .approvalRequested, .questionAsked, .failed: break
    }
  }

  private mutating func beginSegmentAfterTools() {
    if let last = segments.last, !last.tools.isEmpty { segments.append(Segment()) }
  }

  private mutating func complete(_ completion: ToolCompletion) {
    for segment in segments.indices {
      if let tool = segments[segment].tools.firstIndex(where: { $0.start.id == completion.id }) {
        segments[segment].tools[tool].completion = completion
        return
      }
    }
    let start = ToolStart(id: completion.id, name: completion.name, arguments: completion.arguments)
    segments[segments.count - 1].tools.append(ToolUse(start: start, completion: completion))
  }

  /// The messages of a turn that ended well, in the shape that models understand (wire-sessions-chat 1.0).
  func messages(at now: Double) -> [JSONObject] {
    var rows: [JSONObject] = []
    for (index, segment) in segments.enumerated() {
      var row = textRow(segment, at: now + Double(rows.count) / 1_000_000)
      row["finish_reason"] = segment.tools.isEmpty ? .string(finish == .lengthLimit ? "length" : "stop") : "tool_calls"
      let tools = segment.tools.filter { $0.completion != nil }
      if !tools.isEmpty { row["tool_calls"] = .array(tools.map { .object(call($0.start)) }) }
      if segment.text.isEmpty && segment.reasoning.isEmpty && tools.isEmpty && index > 0 { continue }
      rows.append(row)
      for tool in tools {
        if let completion = tool.completion {
          rows.append(resultRow(completion, at: now + Double(rows.count) / 1_000_000))
        }
      }
    }
    return rows
  }

  /// One message for a turn that was broken off: everything that was streamed (domain 4.5). Tools stand under a key of
  /// their own because strict providers refuse calls without results.
  func partialMessage(at now: Double) -> JSONObject? {
    if isEmpty { return nil }
    var row: JSONObject = [
      "role": "assistant", "content": .string(segments.map(\.text).filter { !$0.isEmpty }.joined(separator: "\n\n")),
    ]
    let reasoning = segments.map(\.reasoning).joined()
    if !reasoning.isEmpty { row["reasoning"] = .string(reasoning) }
    let tools = segments.flatMap(\.tools)
    if !tools.isEmpty { row["_partial_tool_calls"] = .array(tools.map { .object(partialCall($0)) }) }
    row["_partial"] = true
    row["timestamp"] = .int(Int(now))
    return row
  }

  /// The cards that stand at session level (wire-sessions-chat 1.0). `firstIndex` is where the first of ``messages(at:)``
  /// stands in the transcript.
  func toolCards(firstIndex: Int) -> [JSONValue] {
    var cards: [JSONValue] = []
    var index = firstIndex
    for segment in segments where !segment.tools.isEmpty {
      for tool in segment.tools {
        guard let completion = tool.completion else { continue }
        cards.append([
          "name": .string(completion.name), "snippet": .string(String(completion.result.prefix(4000))),
          "tid": .string(completion.id), "assistant_msg_idx": .int(index),
          "args": .object(ToolArguments.shortened(completion.arguments, count: 6)),
        ])
      }
      index += 1 + segment.tools.count
    }
    return cards
  }

  private func textRow(_ segment: Segment, at time: Double) -> JSONObject {
    var row: JSONObject = ["role": "assistant", "content": .string(segment.text)]
    row["reasoning"] = segment.reasoning.isEmpty ? .null : .string(segment.reasoning)
    row["timestamp"] = .double(time)
    return row
  }

  private func call(_ start: ToolStart) -> JSONObject {
    [
      "id": .string(start.id), "type": "function",
      "function": [
        "name": .string(start.name), "arguments": .string(JSONValue.object(start.arguments).text),
      ],
    ]
  }

  private func resultRow(_ completion: ToolCompletion, at time: Double) -> JSONObject {
    [
      "role": "tool", "name": .string(completion.name), "tool_name": .string(completion.name),
      "content": .string(completion.result), "tool_call_id": .string(completion.id), "timestamp": .double(time),
    ]
  }

  private func partialCall(_ tool: ToolUse) -> JSONObject {
    var call: JSONObject = [
      "name": .string(tool.start.name), "args": .object(ToolArguments.shortened(tool.start.arguments, count: 4)),
      "done": .bool(tool.completion != nil), "tid": .string(tool.start.id),
    ]
    if let completion = tool.completion {
      call["duration"] = .double(completion.duration)
      call["is_error"] = .bool(completion.isError)
      call["snippet"] = .string(String(completion.result.prefix(4000)))
    }
    return call
  }
}

/// Arguments of a tool as they are shown: few, and each a short text (wire-sessions-chat 1.0 and 2.2).
enum ToolArguments {
  private static let longKeys: Set<String> = [
    "command", "cmd", "script", "code", "patch", "diff", "old_string", "new_string", "content", "path", "file_path",
  ]

  static func shortened(_ arguments: JSONObject, count: Int) -> JSONObject {
    var shown = JSONObject()
    for (key, value) in arguments.prefix(count) {
      let text = value.string ?? value.text
      let limit = longKeys.contains(key) ? 4000 : 120
      shown[key] = .string(text.count > limit ? text.prefix(limit) + "..." : text)
    }
    return shown
  }
}
