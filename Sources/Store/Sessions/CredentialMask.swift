/// Hides credentials in what is shown of a conversation (wire-sessions-chat 0.8). The files keep them.
///
/// Works on bytes, so that a message need not be parsed: neither what is found nor what replaces it has a character that
/// JSON escapes. What has the shape of a key but no digit is left alone: it is a word such as `sk-learn-tutorial`.
public enum CredentialMask {
  /// How keys of well-known services begin.
  private static let prefixes: [[UInt8]] = [
    "sk-", "ghp_", "github_pat_", "gho_", "ghu_", "ghs_", "ghr_", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "AIza",
    "AKIA", "ASIA", "hf_", "npm_", "pypi-", "gsk_", "glpat-", "r8_", "tvly-", "pplx-", "xai-",
  ].map { Array($0.utf8) }
  /// Whether a prefix begins with a byte; looked up for every byte of a transcript.
  private static let startsPrefix = (0...UInt8.max).map { byte in prefixes.contains { $0.first == byte } }
  private static let shortestKey = 12
  private static let secretWords = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"].map { Array($0.utf8) }
  private static let keyBegin = Array("-----BEGIN ".utf8)
  private static let keyEnd = Array("PRIVATE KEY-----".utf8)
  private static let authorization = Array("authorization:".utf8)

  /// The text with its credentials hidden.
  public static func masked(_ text: String) -> String {
    masked(ArraySlice(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// The bytes with their credentials hidden; nil when there is none.
  public static func masked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    let found = bytes.withUnsafeBufferPointer { findings(in: $0) }
    if found.isEmpty { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = bytes.startIndex
    for finding in found {
      let range = bytes.startIndex + finding.range.lowerBound..<bytes.startIndex + finding.range.upperBound
      result += bytes[position..<range.lowerBound]
      result += finding.isPrivateKey ? Array("[REDACTED PRIVATE KEY]".utf8) : abbreviation(of: bytes[range])
      position = range.upperBound
    }
    return result + bytes[position...]
  }

  private struct Finding {
    let range: Range<Int>
    var isPrivateKey = false
  }

  private static func findings(in bytes: UnsafeBufferPointer<UInt8>) -> [Finding] {
    var found: [Finding] = []
    var index = 0
    while index < bytes.count {
      if let finding = finding(at: index, in: bytes) {
        found.append(finding)
        index = finding.range.upperBound
      } else {
        index += 1
      }
    }
    return found
  }

  private static func finding(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: "="): return assignment(at: index, in: bytes)
    case UInt8(ascii: "-") where matches(keyBegin, at: index, in: bytes): return privateKey(at: index, in: bytes)
    case UInt8(ascii: "A"), UInt8(ascii: "a"):
      if matches(authorization, at: index, in: bytes, ignoringCase: true) { return bearer(at: index, in: bytes) }
      fallthrough
    default: return startsPrefix[Int(byte)] ? key(at: index, in: bytes) : nil
    }
  }

  private static func key(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    if index > 0, isTokenByte(bytes[index - 1]) { return nil }
    guard prefixes.contains(where: { matches($0, at: index, in: bytes) }) else { return nil }
    let end = tokenEnd(from: index, in: bytes)
    let hasDigit = bytes[index..<end].contains { $0 &- 0x30 < 10 }
    return end - index >= shortestKey && hasDigit ? Finding(range: index..<end) : nil
  }

  /// `SOME_API_KEY=value`.
  private static func assignment(at equals: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    var start = equals
    while start > 0, isNameByte(bytes[start - 1]) { start -= 1 }
    let name = bytes[start..<equals]
    guard secretWords.contains(where: { contains($0, in: name) }) else { return nil }
    var first = equals + 1
    // A quote, escaped as in JSON or not.
    while first < bytes.count,
      bytes[first] == UInt8(ascii: "\\") || bytes[first] == UInt8(ascii: "\"") || bytes[first] == UInt8(ascii: "'")
    {
      first += 1
    }
    var end = first
    while end < bytes.count, isValueByte(bytes[end]) { end += 1 }
    return end > first ? Finding(range: first..<end) : nil
  }

  /// `Authorization: Bearer value`.
  private static func bearer(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    var position = index + authorization.count
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    for scheme in ["bearer ", "bot ", "token "].map({ Array($0.utf8) })
    where matches(scheme, at: position, in: bytes, ignoringCase: true) {
      let start = position + scheme.count
      var end = start
      while end < bytes.count, isValueByte(bytes[end]) { end += 1 }
      return end > start ? Finding(range: start..<end) : nil
    }
    return nil
  }

  private static func privateKey(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    guard let headEnd = find(keyEnd, from: index, in: bytes, within: 64),
      let end = find(keyEnd, from: headEnd, in: bytes, within: 32_768)
    else { return nil }
    return Finding(range: index..<end, isPrivateKey: true)
  }

  /// The first six and the last four characters of a long one; nothing of a short one.
  private static func abbreviation(of key: ArraySlice<UInt8>) -> [UInt8] {
    key.count >= 18 ? key.prefix(6) + Array("...".utf8) + key.suffix(4) : Array("***".utf8)
  }

  private static func tokenEnd(from index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var end = index
    while end < bytes.count, isTokenByte(bytes[end]) { end += 1 }
    return end
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 0x41 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_")
  }

  private static func isValueByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && !"\\\"'`,;)}]<>&|".utf8.contains(byte)
  }

  private static func matches(
    _ word: [UInt8], at index: Int, in bytes: UnsafeBufferPointer<UInt8>, ignoringCase: Bool = false
  ) -> Bool {
    guard bytes.count - index >= word.count else { return false }
    return word.indices.allSatisfy { offset in
      let byte = bytes[index + offset]
      return (ignoringCase && byte &- 0x41 < 26 ? byte | 0x20 : byte) == word[offset]
    }
  }

  private static func contains(_ word: [UInt8], in name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard name.count >= word.count else { return false }
    return (name.startIndex...name.endIndex - word.count).contains { start in
      name[start..<start + word.count].elementsEqual(word)
    }
  }

  private static func find(
    _ word: [UInt8], from index: Int, in bytes: UnsafeBufferPointer<UInt8>, within limit: Int
  ) -> Int? {
    let last = min(bytes.count, index + limit) - word.count
    guard index <= last else { return nil }
    return (index...last).first { matches(word, at: $0, in: bytes) }.map { $0 + word.count }
  }
}
