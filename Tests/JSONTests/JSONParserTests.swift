import JSON
import Testing

@Suite("Parsing JSON (RFC 8259)")
struct JSONParserTests {
  @Test(
    "what is valid is read and written back byte for byte",
    arguments: [
      "{}", "[]", "null", "true", "-0", "1.0", "1e400", "1795250978.6976318", #""a\"b\\c\n\u0001""#,
      #"{"b":1,"a":[{"c":null}],"ä":"✓ 🜨"}"#, "[1,2.50,3E-2]",
    ])
  func roundTrip(text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(String(decoding: value.bytes(.compact), as: UTF8.self) == text)
  }

  @Test(
    "what is not valid is refused with the place",
    arguments: [
      ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\" 1}", 5), ("01", 1), ("1.", 2), ("nul", 0), ("\"\u{1}\"", 1),
      ("[1] x", 4),
      ("\"\\x\"", 3), ("+1", 0), ("{a:1}", 1), ("NaN", 0), ("[1,2", 4), ("\"\\u12G4\"", 5),
    ])
  func refusals(text: String, offset: Int) {
    let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: Array(text.utf8)) }
    #expect(error?.offset == offset)
  }

  @Test("text that is no UTF-8 is refused")
  func notUTF8() {
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: [0x22, 0xC0, 0x80, 0x22]) }
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test("a body of opening brackets does not exhaust the stack (hostile-input 2, resources)")
  func depth() {
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: [UInt8](repeating: 0x5B, count: 1_000_000)) }
    #expect(throws: Never.self) {
      try JSONValue(parsing: Array((String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).utf8))
    }
  }

  @Test("a number of a million digits is refused (hostile-input 2, resources)")
  func longNumber() {
    #expect(throws: JSONParseError.self) { try JSONValue(parsing: [UInt8](repeating: 0x31, count: 1_000_000)) }
  }

  @Test("a body of very many small values is refused with a sentence (hostile-input 2, resources)")
  func manyValues() throws {
    let members = (0..<1_300_000).lazy.map { "\"\($0)\":0" }.joined(separator: ",")
    for text in ["{\(members)}", "[" + String(repeating: "0,", count: 200_000) + "0]"] {
      let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: Array(text.utf8)) }
      #expect(error?.reason == "more than 200000 values")
    }
    let most = "[" + String(repeating: "0,", count: 199_998) + "0]"
    #expect(try JSONValue(parsing: Array(most.utf8)).array?.count == 199_999)
    let larger = Array(("[" + String(repeating: "0,", count: 300_000) + "0]").utf8)
    #expect(try JSONValue(parsing: larger, limits: .files).array?.count == 300_001)
  }

  @Test("escapes of surrogates: a pair is one character, a lone one is replaced")
  func surrogates() throws {
    #expect(try JSONValue(parsing: Array(#""\ud83d\ude00""#.utf8)) == "😀")
    #expect(try JSONValue(parsing: Array(#""\ud83dx""#.utf8)) == "\u{FFFD}x")
    #expect(try JSONValue(parsing: Array(#""\ude00""#.utf8)) == "\u{FFFD}")
    #expect(try JSONValue(parsing: Array(#""\ud83d\u0041""#.utf8)) == "\u{FFFD}A")
  }

  @Test("of a key that is there twice the last value counts, in the first one's place")
  func duplicateKeys() throws {
    let object = try #require(try JSONValue(parsing: Array(#"{"a":1,"b":2,"a":3}"#.utf8)).object)
    #expect(object.keys == ["a", "b"])
    #expect(object["a"]?.int == 3)
  }

  @Test("random bytes never crash the parser or the scanner")
  func randomBytes() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("{}[]:,\"\\ \n0123456789eE+-.truefalsn\u{0}ä".utf8)
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...40)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let parsed = try? JSONValue(parsing: text)
      let members = try? JSONScanner.members(of: text)
      if case .object(let object) = parsed, text.allSatisfy({ $0 != UInt8(ascii: "\\") }) {
        #expect(Set(members?.members.map(\.key) ?? []) == Set(object.keys))
      }
      _ = try? JSONScanner.elements(of: text)
    }
  }
}
