import JSON
import Testing

@Suite("Numbers of any size")
struct JSONNumberTests {
  @Test("a number that no double holds has no value as one", arguments: ["1e400", "-1e400", "[1e400]"])
  func tooLarge(text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value.double == nil)
    #expect(value.int == nil)
    #expect(!value.isFalsy)
  }

  @Test("its clamped value is finite, and keeps its sign")
  func clamped() throws {
    for (text, expected) in [
      ("1e400", Double.greatestFiniteMagnitude), ("-1e400", -Double.greatestFiniteMagnitude), ("1e-400", 0),
      ("2.5", 2.5),
    ] {
      guard case .number(let number) = try JSONValue(parsing: Array(text.utf8)) else {
        Issue.record("\(text) is no number")
        continue
      }
      #expect(number.double == expected)
    }
  }

  @Test("a whole number beyond an Int is none", arguments: ["1e300", "-1e300", "9223372036854775808"])
  func beyondInt(text: String) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)).int == nil)
  }
}
