import Yams

/// YAML of files that anybody may have written.
enum BoundedYAML {
  /// How many aliases (`*name`) a text may have. Nested ones double what they stand for, and as a key of a mapping all
  /// of it is walked through: 40 lines would keep a processor busy for hours.
  static let aliasLimit = 16
  /// How many bytes a text may stand for, roughly, when its aliases are nested as badly as they can be.
  static let expandedLimit = 16 << 20

  /// Too many aliases.
  struct TooManyAliases: Error, CustomStringConvertible {
    var description: String { "it has more than \(aliasLimit) aliases, or many for its size" }
  }

  /// The root of a text; nil when there is nothing in it.
  ///
  /// - Throws: `YamlError` when the text is no YAML, and ``TooManyAliases``.
  static func compose(_ text: String) throws -> Node? {
    let aliases = aliasCount(text)
    // Of what is nested, three aliases a level give most: threefold, a little more than twofold for every two.
    let isTooLarge = aliases > 0 && text.utf8.count << (aliases / 2) > expandedLimit
    if aliases > aliasLimit || isTooLarge { throw TooManyAliases() }
    return try Yams.compose(yaml: text)
  }

  /// At least the number of aliases; what looks like one within a text or a comment is counted as well.
  private static func aliasCount(_ text: String) -> Int {
    var count = 0
    var isPossible = true
    var isStar = false
    for byte in text.utf8 {
      if isStar && !endsName(byte) { count += 1 }
      isStar = isPossible && byte == UInt8(ascii: "*")
      isPossible = precedesAlias(byte)
    }
    return count
  }

  /// White space, what YAML puts before a value, and everything beyond ASCII, where there are more line breaks.
  private static func precedesAlias(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || "[{,:?-".utf8.contains(byte)
  }

  private static func endsName(_ byte: UInt8) -> Bool { byte <= 0x20 || "*,[]{}".utf8.contains(byte) }
}
