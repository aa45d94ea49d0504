import JSON

/// Puts together the tool calls of a model from their pieces. This runtime offers no tools, so a call is a mistake of
/// the model or of the server; it is shown instead of being lost.
struct ToolCallCollector {
  /// How many calls of one answer are kept.
  static let limit = 64

  private struct Call {
    var index: Int?
    var id: String
    var name: String
    var arguments: String
  }

  private var calls: [Call] = []

  /// Whether the model called nothing.
  var isEmpty: Bool { calls.isEmpty }

  /// Takes the `tool_calls` of a delta or of a message.
  ///
  /// - Returns: How many bytes were kept, for the bound of the whole answer.
  mutating func consume(_ deltas: [JSONValue]) -> Int {
    deltas.reduce(0) { $0 + consume($1) }
  }

  private mutating func consume(_ delta: JSONValue) -> Int {
    let id = delta["id"]?.string ?? ""
    let name = delta["function"]?["name"]?.string ?? ""
    let arguments: String
    switch delta["function"]?["arguments"] {
    case .string(let text)?: arguments = text
    // Some servers send the object itself.
    case .object(let object)?: arguments = JSONValue.object(object).text
    default: arguments = ""
    }
    if let place = place(index: delta["index"]?.int, id: id) {
      if calls[place].id.isEmpty { calls[place].id = id }
      if calls[place].name.isEmpty { calls[place].name = name }
      calls[place].arguments += arguments
    } else if calls.count < ToolCallCollector.limit {
      calls.append(Call(index: delta["index"]?.int, id: id, name: name, arguments: arguments))
    } else {
      return 0
    }
    return id.utf8.count + name.utf8.count + arguments.utf8.count
  }

  /// Which call a piece belongs to: the one with its index; without an index the last one, unless it has another id.
  private func place(index: Int?, id: String) -> Int? {
    if let index { return calls.firstIndex { $0.index == index } }
    guard let last = calls.last else { return nil }
    return id.isEmpty || last.id == id ? calls.count - 1 : nil
  }

  /// The start and the end of each call.
  func events() -> [AgentEvent] {
    calls.enumerated().flatMap { position, call -> [AgentEvent] in
      let id = call.id.isEmpty ? "call_\(position)" : call.id
      let name = call.name.isEmpty ? "unknown" : call.name
      let arguments = arguments(of: call)
      return [
        .toolStarted(ToolStart(id: id, name: name, arguments: arguments)),
        .toolCompleted(
          ToolCompletion(
            id: id, name: name, arguments: arguments,
            result: "The model called a tool, but the openai runtime runs no tools.", isError: true, duration: 0)),
      ]
    }
  }

  private func arguments(of call: Call) -> JSONObject {
    if call.arguments.isEmpty { return [:] }
    // Models write invalid JSON now and then; their text is shown as it is.
    if let object = (try? JSONValue(parsing: call.arguments.utf8))?.object { return object }
    return ["text": .string(call.arguments)]
  }
}
