import JSON
import Testing

@testable import Agents

@Suite("Completion decoder")
struct CompletionDecoderTests {
  private let failures = OpenAIFailures(server: "example.org", model: "m", key: nil)

  private func decode(_ chunks: [JSONValue], isWhole: Bool = true) throws -> [AgentEvent] {
    var decoder = CompletionDecoder(failures: failures)
    var events = try chunks.flatMap { try decoder.consume($0) }
    let (held, last) = decoder.finish(isWhole: isWhole)
    events += held
    return events + [last]
  }

  private func delta(_ delta: JSONValue, finish: JSONValue = nil) -> JSONValue {
    ["choices": [["index": 0, "delta": delta, "finish_reason": finish]]]
  }

  @Test("takes content as a string and as an array of parts")
  func content() throws {
    let parts: JSONValue = ["content": [["type": "text", "text": "b"], ["type": "image"], "c"]]
    let events = try decode([delta(["content": "a"]), delta(parts), delta(["content": nil], finish: "stop")])
    #expect(events == [.token("a"), .token("bc"), .finished(.complete)])
  }

  @Test("takes thinking under each of its names", arguments: ["reasoning_content", "reasoning", "thinking"])
  func reasoning(key: String) throws {
    let events = try decode([delta([key: "hm"]), delta(["content": "a"], finish: "stop")])
    #expect(events == [.reasoning("hm"), .token("a"), .finished(.complete)])
  }

  @Test("takes thinking once when a server sends it under two names")
  func reasoningTwice() throws {
    #expect(try decode([delta(["reasoning": "hm", "reasoning_content": "hm"])]).reasoning == "hm")
  }

  @Test("tells an answer that was cut from a complete one", arguments: ["length", "max_tokens"])
  func length(reason: String) throws {
    #expect(
      try decode([delta(["content": "a"], finish: .string(reason))]).last == .finished(.lengthLimit))
  }

  @Test("counts tokens, and reports the same count once")
  func usage() throws {
    let usage: JSONValue = [
      "choices": [],
      "usage": ["prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": ["cached_tokens": 4]],
    ]
    let events = try decode([delta(["content": "a"], finish: "stop"), usage, usage])
    let expected = AgentEvent.usage(TokenUsage(input: 10, output: 3, cacheRead: 4, lastPrompt: 10))
    #expect(events == [.token("a"), expected, .finished(.complete)])
  }

  @Test(
    "takes no count of tokens that could overflow a sum", arguments: ["9223372036854775807", "1e18", "1e400", "-5"])
  func hugeUsage(count: String) throws {
    let text = #"{"usage":{"prompt_tokens":\#(count),"completion_tokens":\#(count)}}"#
    let events = try decode([delta(["content": "a"], finish: "stop"), try JSONValue(parsing: Array(text.utf8))])
    let expected = count.hasPrefix("9") || count == "1e18" ? 1_000_000_000 : 0
    #expect(events.contains(.usage(TokenUsage(input: expected, output: expected, cacheRead: 0, lastPrompt: expected))))
  }

  @Test("reports a tool call that came in pieces, with an explanation")
  func toolCall() throws {
    let events = try decode([
      delta(["content": "Let me see."]),
      delta(["tool_calls": [["index": 0, "id": "c1", "function": ["name": "look", "arguments": "{\"a\""]]]]),
      delta(["tool_calls": [["index": 1, "id": "c2", "function": ["name": "two", "arguments": "no JSON"]]]]),
      delta(["tool_calls": [["index": 0, "function": ["arguments": ":1}"]]]], finish: "tool_calls"),
    ])
    #expect(events.toolStarts.map(\.name) == ["look", "two"])
    #expect(events.toolStarts.map(\.arguments) == [["a": 1], ["text": "no JSON"]])
    #expect(events.toolCompletions.allSatisfy { $0.isError && $0.result.contains("runs no tools") })
    #expect(events.last == .finished(.complete))
  }

  @Test("takes an answer that consists of tool calls for no answer")
  func onlyTools() throws {
    let call: JSONValue = ["tool_calls": [["function": ["name": "look", "arguments": ["a": 1]]]]]
    let events = try decode([delta(call, finish: "tool_calls")])
    #expect(events.toolStarts.first?.id == "call_0")
    #expect(events.failure?.kind == .noResponse)
  }

  @Test("takes an answer of white space and thinking for no answer")
  func empty() throws {
    let events = try decode([delta(["reasoning": "hm"]), delta(["content": " \n"], finish: "length")])
    #expect(events.failure?.kind == .noResponse)
    #expect(events.failure?.message.contains("while it was thinking") == true)
  }

  @Test("takes the end of a stream that nobody announced for a broken connection")
  func cut() throws {
    let events = try decode([delta(["content": "a"])], isWhole: false)
    #expect(events.answer == "a")
    #expect(events.failure?.kind == .unreachable)
    #expect(events.failure?.message.contains("broke off") == true)
  }

  @Test("gives out a half tag that was held back when the connection breaks")
  func heldBack() throws {
    #expect(try decode([delta(["content": "<thi"])], isWhole: false).answer == "<thi")
  }

  @Test("ignores choices other than the first")
  func otherChoices() throws {
    let other: JSONValue = ["choices": [["index": 1, "delta": ["content": "no"]]]]
    #expect(try decode([other, delta(["content": "yes"], finish: "stop")]).answer == "yes")
  }

  @Test("throws the error that a chunk carries")
  func errorInStream() {
    let failure = #expect(throws: AgentFailure.self) {
      try decode([["error": ["message": "slow down", "code": 429]]])
    }
    #expect(failure?.kind == .rateLimit)
    #expect(failure?.details == "slow down")
  }

  @Test("refuses an answer over the limit")
  func tooLong() throws {
    var decoder = CompletionDecoder(failures: failures, answerLimit: 10)
    _ = try decoder.consume(delta(["content": "12345", "reasoning": "67890"]))
    #expect(throws: AgentFailure.self) { try decoder.consume(delta(["content": "!"])) }
  }

  @Test("survives values of the wrong kind everywhere")
  func wrongKinds() throws {
    let wrong: [JSONValue] = [nil, true, 1, "x", [], [[]], [nil], [:], ["a": 1]]
    for value in wrong {
      var decoder = CompletionDecoder(failures: failures)
      _ = try decoder.consume(value)
      _ = try decoder.consume(["choices": value, "usage": value])
      _ = try decoder.consume(["choices": [value]])
      _ = try decoder.consume(["choices": [["index": value, "delta": value, "finish_reason": value]]])
      _ = try decoder.consume(delta(["content": value, "reasoning": value, "tool_calls": value, "refusal": value]))
      _ = try decoder.consume(delta(["tool_calls": [["index": value, "id": value, "function": value]]]))
      _ = decoder.finish(isWhole: true)
    }
  }
}
