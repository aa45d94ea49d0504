import JSON
import Testing

@Suite("Finding the parts of a JSON text without parsing them")
struct JSONScannerTests {
  private let text = Array(#" { "id" : "a}\"]" , "messages" : [ {"x":[1,{}]} , "b,]" , 3 ] , "tail" : null } "#.utf8)

  @Test("members are found with their values' places")
  func members() throws {
    let found = try JSONScanner.members(of: text)
    #expect(found.members.map(\.key) == ["id", "messages", "tail"])
    let values = found.members.map { String(decoding: text[$0.value], as: UTF8.self) }
    #expect(values == [#""a}\"]""#, #"[ {"x":[1,{}]} , "b,]" , 3 ]"#, "null"])
    #expect(found.stoppedAt == nil)
  }

  @Test("the scan stops before the value of a wanted key, without looking at it")
  func stops() throws {
    let head = Array(text.prefix { $0 != UInt8(ascii: "[") })
    let found = try JSONScanner.members(of: head, until: { $0 == "messages" })
    #expect(found.members.map(\.key) == ["id"])
    #expect(found.stoppedAt == head.count)
  }

  @Test("elements are found with their places")
  func elements() throws {
    let found = try JSONScanner.members(of: text)
    let elements = try JSONScanner.elements(of: text, at: found.members[1].value.lowerBound)
    #expect(elements.map { String(decoding: text[$0], as: UTF8.self) } == [#"{"x":[1,{}]}"#, #""b,]""#, "3"])
  }

  @Test("a text that ends anywhere before its end is noticed")
  func truncated() {
    let end = text.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for length in 0..<end {
      #expect(throws: JSONParseError.self) { try JSONScanner.members(of: text.prefix(length)) }
    }
  }
}
