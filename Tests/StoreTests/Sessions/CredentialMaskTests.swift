import JSON
import Store
import Testing

@Suite("Credentials are hidden in what is shown (wire-sessions-chat 0.8)")
struct CredentialMaskTests {
  @Test(
    "what is recognised",
    arguments: [
      ("key sk-abcdef1234567890WXYZ end", "key sk-abc...WXYZ end"),
      ("ghp_0123456789abcdefghij", "ghp_01...ghij"),
      (#"{"content":"AKIA1234567890ABCDEF\n"}"#, #"{"content":"AKIA12...CDEF\n"}"#),
      ("sk-12345678901", "***"),
      ("OPENAI_API_KEY=abc", "OPENAI_API_KEY=***"),
      (#"export DB_PASSWORD=\"hunter2hunter2hunter2\""#, #"export DB_PASSWORD=\"hunter...ter2\""#),
      ("Authorization: Bearer abcdefghijklmnopqrst", "Authorization: Bearer abcdef...qrst"),
      ("authorization: bot xyz", "authorization: bot ***"),
      (
        #"a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n b"#,
        #"a [REDACTED PRIVATE KEY]\n b"#
      ),
      ("hf_abc123abc123abc123 and xoxb-1234-5678-abcdef", "hf_abc...c123 and xoxb-1...cdef"),
    ])
  func hidden(text: String, shown: String) {
    #expect(CredentialMask.masked(text) == shown)
  }

  @Test(
    "what is recognised in JSON, in its spelling",
    arguments: [
      (#""my key:\nsk-abcdef1234567890WXYZ""#, #""my key:\nsk-abc...WXYZ""#),
      (#""\tghp_0123456789abcdefghij\r""#, #""\tghp_01...ghij\r""#),
      (#""\u00e9sk-abcdef1234567890WXYZ""#, #""\u00e9sk-abc...WXYZ""#),
      (#""\\\nsk-abcdef1234567890WXYZ""#, #""\\\nsk-abc...WXYZ""#),
      (#""API_KEY=\"abc\" API_KEY=\\\"abc API_KEY='abc'""#, #""API_KEY=\"***\" API_KEY=\\\"*** API_KEY='***'""#),
    ])
  func hiddenInJSON(json: String, shown: String) {
    #expect(CredentialMask.masked(Array(json.utf8)[...]).map { String(decoding: $0, as: UTF8.self) } == shown)
  }

  @Test(
    "what is left alone in JSON",
    arguments: [
      #""\\nsk-abcdef1234567890WXYZ""#, #"{"API_KEY=": 5}"#, #"{"API_KEY=":"abc"}"#, #""API_KEY=\nabc""#,
      #""\npm_12345678901""#, #"["-----BEGIN PRIVATE KEY-----",{"a":"-----END PRIVATE KEY-----"}]"#,
    ])
  func leftAloneInJSON(json: String) {
    #expect(CredentialMask.masked(Array(json.utf8)[...]) == nil)
  }

  @Test("a quote before a value in plain text is one")
  func plainQuotes() {
    #expect(CredentialMask.masked(#"API_KEY="abc" x"#) == #"API_KEY="***" x"#)
  }

  @Test("JSON is JSON of the same shape afterwards, whatever stands in it")
  func staysJSON() throws {
    let pieces = [
      "API_KEY=", "MY_TOKEN=\"", "=", "\"", "\\", "\n", "\r", "\t", "sk-abcdef1234567890", "npm_12345678901", "npm_",
      "x",
      "r8_123456789012", "'", " ", "é", "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----",
      "PRIVATE KEY-----",
      "Authorization: Bearer ", "abc123", "\u{1}", "pm_12345678901", "8_1234567890123", ",", "}", "]", ":",
      "vly-1234567890",
    ]
    func text() -> String { (0..<Int.random(in: 0...6)).map { _ in pieces.randomElement() ?? "" }.joined() }
    func value(_ depth: Int) -> JSONValue {
      switch Int.random(in: 0...(depth > 2 ? 2 : 5)) {
      case 0: return 5
      case 1, 2: return .string(text())
      case 3: return .array((0..<3).map { _ in value(depth + 1) })
      case 4: return .string(String(decoding: value(depth + 1).bytes(.compact), as: UTF8.self))
      default:
        var object = JSONObject()
        for index in 0..<3 { object["\(index)" + text()] = value(depth + 1) }
        return .object(object)
      }
    }
    for _ in 0..<20_000 {
      let bytes = value(0).bytes([.compact, .spaced, .indented].randomElement() ?? .compact)
      guard let masked = CredentialMask.masked(bytes[...]) else { continue }
      let shown = String(decoding: bytes, as: UTF8.self)
      #expect(throws: Never.self, "\(shown)") { try JSONValue(parsing: masked) }
    }
  }

  @Test(
    "what is left alone",
    arguments: [
      "sk-learn-tutorial-for-beginners", "task-1234567890123", "a=b", "KEYBOARD", "https://example.com/?key=1", "sk-1",
      "-----BEGIN CERTIFICATE-----\nMII", "Authorization: Basic x", "the token is here", "AIzaAIzaAIza", "",
    ])
  func leftAlone(text: String) {
    #expect(CredentialMask.masked(text) == text)
    #expect(CredentialMask.masked(Array(text.utf8)[...]) == nil)
  }
}
