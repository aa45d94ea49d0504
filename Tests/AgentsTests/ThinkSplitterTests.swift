import Testing

@testable import Agents

@Suite("Thinking in the content")
struct ThinkSplitterTests {
  private func split(_ pieces: [String]) -> (reasoning: String, answer: String) {
    var splitter = ThinkSplitter()
    var reasoning = ""
    var answer = ""
    for piece in pieces.flatMap({ splitter.consume($0) }) + splitter.finish() {
      switch piece {
      case .reasoning(let text): reasoning += text
      case .answer(let text): answer += text
      }
    }
    return (reasoning, answer)
  }

  @Test("is told apart wherever the text is cut in three")
  func cutAnywhere() {
    let text = Array("\n<think>Hm, <b> </th… ä</think>\n\nYes < no</think>.")
    for first in 0...text.count {
      for second in first...text.count {
        let result = split([String(text[..<first]), String(text[first..<second]), String(text[second...])])
        #expect(result.reasoning == "Hm, <b> </th… ä", "cut at \(first) and \(second)")
        #expect(result.answer == "Yes < no</think>.", "cut at \(first) and \(second)")
      }
    }
  }

  @Test("is streamed while it comes, not only at its end")
  func streams() {
    var splitter = ThinkSplitter()
    #expect(splitter.consume("<think>one ") == [.reasoning("one ")])
    #expect(splitter.consume("two") == [.reasoning("two")])
  }

  @Test("counts only at the beginning", arguments: ["Say <think>x</think>", "< think>", "<thin", "  <", "<thinking>a"])
  func elsewhere(text: String) {
    #expect(split(text.map { String($0) }).answer == text)
    #expect(split([text]).reasoning.isEmpty)
  }

  @Test("without an end is thinking to the last byte")
  func unclosed() {
    let result = split(["<think>abc</thi"])
    #expect(result.reasoning == "abc</thi")
    #expect(result.answer.isEmpty)
  }

  @Test("that is empty leaves only the answer")
  func empty() {
    let result = split(["<think>\n", "</think>", "\n\n", "Hi"])
    #expect(result.reasoning == "\n")
    #expect(result.answer == "Hi")
  }
}
