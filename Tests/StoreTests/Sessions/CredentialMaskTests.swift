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
