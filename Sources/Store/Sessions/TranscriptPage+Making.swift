import Foundation
import JSON

extension TranscriptPage {
  /// The longest content of a tool row in a limited page, in characters (wire 1.2).
  static let longestToolContent = 4096

  /// Cuts a page out of a conversation.
  init(of document: SessionDocument, _ window: TranscriptWindow) {
    let end = min(window.before ?? document.messages.count, document.messages.count)
    let range = window.limit.map { Self.range(of: document.messages, limit: $0, end: end) } ?? 0..<end
    let publisher = MessagePublisher(
      runningStream: document.storedStreamID, clipsTools: window.limit != nil)
    messages = range.map { publisher.publish(document.messages[$0]) }
    toolCalls = Self.toolCalls(of: document, within: window.limit == nil ? nil : range)
    offset = range.lowerBound
    isTruncated = window.limit != nil && range.lowerBound > 0
    totalCount = document.messages.count
  }

  /// The smallest suffix before `end` with `limit` visible messages; tool rows at its end stay if they answer a call
  /// within it.
  private static func range(of messages: TranscriptMessages, limit: Int, end: Int) -> Range<Int> {
    var start = end
    var visible = 0
    while start > 0 && visible < limit {
      start -= 1
      if MessageGlance(messages[start]).isVisible { visible += 1 }
    }
    guard end > start, MessageGlance(messages[end - 1]).role == .tool else { return start..<end }
    let asked = calls(in: messages, start..<end)
    var end = end
    while end > start {
      let last = MessageGlance(messages[end - 1])
      if last.role != .tool || last.toolCallID.map(asked.contains) ?? false { break }
      end -= 1
    }
    return start..<end
  }

  /// The ids of the tool calls that messages make.
  private static func calls(in messages: TranscriptMessages, _ range: Range<Int>) -> Set<String> {
    var ids: Set<String> = []
    for index in range {
      // A message that is no object makes no calls.
      for call in (try? messages.object(at: index))?["tool_calls"]?.array ?? [] {
        for key in ["id", "call_id"] { call[key]?.string.map { _ = ids.insert($0) } }
      }
    }
    return ids
  }

  /// The tool cards; of a range, those of its messages, counted from its start.
  private static func toolCalls(of document: SessionDocument, within range: Range<Int>?) -> [JSONValue] {
    // Cards that cannot be read are display data of lesser weight than the transcript.
    let all = (try? document.toolCalls()) ?? []
    return all.compactMap { card in
      guard var object = card.object else { return range == nil ? card : nil }
      for key in MessagePublisher.privateKeys { object[key] = nil }
      guard let range else { return .object(object) }
      guard let index = object["assistant_msg_idx"]?.int, range.contains(index) else { return nil }
      object["assistant_msg_idx"] = .int(index - range.lowerBound)
      return .object(object)
    }
  }
}
