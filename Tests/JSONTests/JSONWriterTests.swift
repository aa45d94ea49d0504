import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
  private let value: JSONValue = ["a": [1, [:], []], "b": ["c": nil]]

  @Test("the three spellings are those of the files and answers of this system (domain 1.3, wire 0.2 and 0.7)")
  func styles() {
    #expect(String(decoding: value.bytes(.compact), as: UTF8.self) == #"{"a":[1,{},[]],"b":{"c":null}}"#)
    #expect(value.text == #"{"a": [1, {}, []], "b": {"c": null}}"#)
    #expect(
      String(decoding: value.bytes(.indented), as: UTF8.self)
        == "{\n  \"a\": [\n    1,\n    {},\n    []\n  ],\n  \"b\": {\n    \"c\": null\n  }\n}")
  }

  @Test("text that is not ASCII stays, controls are escaped")
  func escapes() {
    #expect(JSONValue.string("é\u{1}\t\u{7f}\"\\/").text == "\"é\\u0001\\t\u{7f}\\\"\\\\/\"")
  }

  @Test(
    "doubles are spelled so that they read back the same", arguments: [0.1, 1.0, 1e21, 2.5e-300, 1795250978.6976318])
  func doubles(number: Double) throws {
    let text = JSONValue.double(number).bytes(.compact)
    #expect(try JSONValue(parsing: text).double == number)
  }

  @Test("a number that JSON has no word for is null")
  func notFinite() {
    #expect(JSONValue.double(.nan) == .null)
    #expect(JSONValue.double(.infinity) == .null)
  }

  @Test("a new key goes to the end, a known one keeps its place")
  func order() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["a"] = 3
    object["c"] = 4
    object.insert(5, forKey: "d", before: "b")
    #expect(object.keys == ["a", "d", "b", "c"])
  }
}
