import Agents
import JSON
import Store

/// What a model is told of a conversation (domain 1.3, 4.4).
enum ModelHistory {
  private static let forwardedKeys: Set<String> = [
    "role", "content", "tool_calls", "tool_call_id", "name", "refusal",
  ]

  /// The messages of a transcript for the next turn: error rows are left out, partial answers are told, results of
  /// tools that nobody called are dropped, and so is what is no message at all.
  ///
  /// - Throws: An error when the transcript's bytes are damaged.
  static func make(from document: SessionDocument) throws -> [AgentMessage] {
    let context = try document.contextMessages()
    let rows =
      context.isEmpty
      ? document.messages.indices.compactMap { try? document.messages.object(at: $0) }
      : context.compactMap(\.object)
    var history: [AgentMessage] = []
    var openCalls: Set<String> = []
    for row in rows where row["_error"]?.bool != true {
      guard let role = row["role"]?.string else { continue }
      if role == "tool" {
        guard let call = row["tool_call_id"]?.string, openCalls.remove(call) != nil else { continue }
      }
      for call in row["tool_calls"]?.array ?? [] {
        if let id = call["id"]?.string { openCalls.insert(id) }
      }
      history.append(AgentMessage(forwarded(row)))
    }
    return history
  }

  private static func forwarded(_ row: JSONObject) -> JSONObject {
    var message = JSONObject()
    for (key, value) in row where forwardedKeys.contains(key) && !value.isNull { message[key] = value }
    if message["content"] == nil { message["content"] = "" }
    return message
  }
}
