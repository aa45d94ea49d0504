/// The parameters of a query string, form-decoded: `+` is a space, `%41` is `A` (WHATWG URL, section 5.1).
///
/// A parameter with an empty value counts as absent, and of several with one name the first counts
/// (wire-sessions-chat 0.1).
public struct Query: Sendable {
  private let text: Substring

  /// A query without its question mark.
  init(_ text: Substring) {
    self.text = text
  }

  /// The first value of a parameter that is not empty.
  public subscript(name: String) -> String? {
    values(name).first
  }

  /// All values of a parameter that are not empty, in order.
  public func values(_ name: String) -> [String] {
    text.split(separator: "&").compactMap { pair in
      let equals = pair.firstIndex(of: "=") ?? pair.endIndex
      guard equals != pair.endIndex, percentDecoded(pair[..<equals], plusIsSpace: true) == name else { return nil }
      let value = percentDecoded(pair[pair.index(after: equals)...], plusIsSpace: true)
      return value.isEmpty ? nil : value
    }
  }

  /// Whether a parameter says yes: `1`, `true`, `yes` or `on`, in any case, with spaces around it (domain 3.14).
  public func flag(_ name: String) -> Bool {
    guard let value = self[name] else { return false }
    return ["1", "true", "yes", "on"].contains(String(value[...].trimmingSpaces()).lowercased())
  }

  /// An integer; nil when the parameter is absent or is none.
  public func int(_ name: String) -> Int? {
    self[name].flatMap { Int($0[...].trimmingSpaces()) }
  }
}

/// Decodes percent escapes; bytes that are no UTF-8 become U+FFFD, a percent sign that starts no escape stands for
/// itself.
func percentDecoded(_ text: Substring, plusIsSpace: Bool = false) -> String {
  guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
    return String(text)
  }
  var bytes: [UInt8] = []
  let encoded = Array(text.utf8)
  var index = 0
  while index < encoded.count {
    let byte = encoded[index]
    if byte == UInt8(ascii: "%"), index + 2 < encoded.count, let high = hexadecimal(encoded[index + 1]),
      let low = hexadecimal(encoded[index + 2])
    {
      bytes.append(high << 4 | low)
      index += 3
    } else {
      bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      index += 1
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func hexadecimal(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
