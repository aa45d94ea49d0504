import HTTPTypes
import Pipeline
import Testing

@Suite("Queries and cookies (wire-sessions-chat 0.1)")
struct QueryTests {
  private func query(_ text: String) -> Query { Request(method: .get, target: "/p?\(text)").query }

  @Test("form decoding; the first value counts; an empty value is absent")
  func values() {
    #expect(query("a=1&a=2")["a"] == "1")
    #expect(query("a=1&a=2").values("a") == ["1", "2"])
    #expect(query("a=&b=x")["a"] == nil)
    #expect(query("a=&a=2")["a"] == "2")
    #expect(query("a=b+c%20d%2Be")["a"] == "b c d+e")
    #expect(query("%61=1")["a"] == "1")
    #expect(query("a=%zz%4")["a"] == "%zz%4")
    #expect(query("a")["a"] == nil)
    #expect(query("a==b")["a"] == "=b")
  }

  @Test("flags", arguments: [("1", true), ("TRUE", true), (" yes ", true), ("on", true), ("0", false), ("y", false)])
  func flags(text: String, isSet: Bool) {
    #expect(query("f=\(text.replacing(" ", with: "+"))").flag("f") == isSet)
  }

  @Test("cookies: the first of a name counts, spaces do not")
  func cookies() {
    let request = Request(
      method: .get, target: "/", fields: [.cookie: "a=1; hermes_profile=work ;b=x=y; hermes_profile=other; empty="])
    #expect(request.cookie("hermes_profile") == "work")
    #expect(request.cookie("b") == "x=y")
    #expect(request.cookie("empty")?.isEmpty == true)
    #expect(request.cookie("none") == nil)
  }
}
