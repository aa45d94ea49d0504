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
  private static let longestPrivateKey = 32_768
  private static let secretWords = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"].map { Array($0.utf8) }
  private static let keyBegin = Array("-----BEGIN ".utf8)
  private static let keyEnd = Array("PRIVATE KEY-----".utf8)
  private static let authorization = Array("authorization:".utf8)

  /// The text with its credentials hidden.
  public static func masked(_ text: String) -> String {
    masked(ArraySlice(text.utf8), isJSON: false).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// The bytes of a JSON text with the credentials in its strings hidden; nil when there is none. What is found ends
  /// with its string, so that the result is JSON again.
  public static func masked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    masked(bytes, isJSON: true)
  }

  private static func masked(_ bytes: ArraySlice<UInt8>, isJSON: Bool) -> [UInt8]? {
    let found = bytes.withUnsafeBufferPointer { findings(in: $0, isJSON: isJSON) }
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

  private static func findings(in bytes: UnsafeBufferPointer<UInt8>, isJSON: Bool) -> [Finding] {
    var found: [Finding] = []
    var index = 0
    while index < bytes.count {
      if let finding = finding(at: index, in: bytes, isJSON: isJSON) {
        found.append(finding)
        index = finding.range.upperBound
      } else {
        index += 1
      }
    }
    return found
  }

  private static func finding(
    at index: Int, in bytes: UnsafeBufferPointer<UInt8>, isJSON: Bool
  ) -> Finding? {
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: "="): return assignment(at: index, in: bytes, isJSON: isJSON)
    case UInt8(ascii: "-") where matches(keyBegin, at: index, in: bytes):
      return privateKey(at: index, in: isJSON ? string(around: index, in: bytes) : bytes)
    case UInt8(ascii: "A"), UInt8(ascii: "a"):
      if matches(authorization, at: index, in: bytes, ignoringCase: true) { return bearer(at: index, in: bytes) }
      fallthrough
    default:
      guard startsPrefix[Int(byte)] else { return nil }
      // The `n` of `\npm_x` is a line break.
      if isJSON, isBackslash(at: index - 1, in: bytes) { return nil }
      return key(at: index, in: bytes)
    }
  }

  private static func key(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Finding? {
    if index > 0, isTokenByte(bytes[index - 1]), !isEscape(before: index, in: bytes) { return nil }
    guard prefixes.contains(where: { matches($0, at: index, in: bytes) }) else { return nil }
    let end = tokenEnd(from: index, in: bytes)
    let hasDigit = bytes[index..<end].contains { $0 &- 0x30 < 10 }
    return end - index >= shortestKey && hasDigit ? Finding(range: index..<end) : nil
  }

  /// Whether the letter before `index` is no text but the end of an escape, such as the `n` of `\n` (JSON writes line
  /// breaks like that) or the last digit of `\u00e9`.
  private static func isEscape(before index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if index >= 2, "nrtbf".utf8.contains(bytes[index - 1]) { return isBackslash(at: index - 2, in: bytes) }
    guard index >= 6, bytes[index - 5] == UInt8(ascii: "u") else { return false }
    return isBackslash(at: index - 6, in: bytes)
  }

  /// Whether there is a backslash that begins an escape, and is not itself the second one of `\\`.
  private static func isBackslash(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = index
    while start >= 0, bytes[start] == UInt8(ascii: "\\") { start -= 1 }
    return (index - start) % 2 == 1
  }

  /// The bytes up to the end of the JSON string that `index` stands in, or as many as a private key can have.
  private static func string(
    around index: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    let limit = min(bytes.count, index + 2 * longestPrivateKey)
    var end = index
    while end < limit, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
    return UnsafeBufferPointer(rebasing: bytes[..<min(end, limit)])
  }

  /// `SOME_API_KEY=value`.
  private static func assignment(
    at equals: Int, in bytes: UnsafeBufferPointer<UInt8>, isJSON: Bool
  ) -> Finding? {
    var start = equals
    while start > 0, isNameByte(bytes[start - 1]) { start -= 1 }
    let name = bytes[start..<equals]
    guard secretWords.contains(where: { contains($0, in: name) }) else { return nil }
    var first = equals + 1
    while let length = quoteLength(at: first, in: bytes, isJSON: isJSON) { first += length }
    var end = first
    while end < bytes.count, isValueByte(bytes[end]) { end += 1 }
    return end > first ? Finding(range: first..<end) : nil
  }

  /// How long the quote is that may stand before a value: `"`, `'`, or escaped as in JSON, also more than once. In JSON a
  /// quote that is not escaped ends the string and is none.
  private static func quoteLength(at index: Int, in bytes: UnsafeBufferPointer<UInt8>, isJSON: Bool) -> Int? {
    guard index < bytes.count else { return nil }
    switch bytes[index] {
    case UInt8(ascii: "'"): return 1
    case UInt8(ascii: "\""): return isJSON ? nil : 1
    case UInt8(ascii: "\\"):
      if !isJSON { return 1 }
      return index + 1 < bytes.count && "\\\"".utf8.contains(bytes[index + 1]) ? 2 : nil
    default: return nil
    }
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
      let end = find(keyEnd, from: headEnd, in: bytes, within: longestPrivateKey)
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
