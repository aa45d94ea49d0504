/// A number as it is spelled in a JSON text, so that `1795250978.6976318` and `1.0` are written back byte for byte.
public struct JSONNumber: Sendable, Hashable {
  /// The spelling, valid by RFC 8259 section 6.
  public let literal: String

  /// Trusts that `literal` is a valid spelling.
  init(trusting literal: String) {
    self.literal = literal
  }

  /// An integer.
  public init(_ value: Int) {
    literal = String(value)
  }

  /// A finite double, in the shortest spelling that reads back as the same value (`1.0` keeps its fraction).
  public init(_ value: Double) {
    precondition(value.isFinite, "JSON has no spelling for a number that is not finite")
    literal = value.description
  }

  /// The value; may have lost digits. Always finite: `1e400` gives the largest double.
  public var double: Double {
    finiteDouble ?? (literal.utf8.first == UInt8(ascii: "-") ? -1 : 1) * Double.greatestFiniteMagnitude
  }

  /// The value; nil when it is too large for a double.
  var finiteDouble: Double? {
    let value = Double(literal) ?? 0
    return value.isFinite ? value : nil
  }

  /// The value when it is whole and fits, however it is spelled (`3`, `3.0`, `3e0`).
  public var int: Int? { Int(literal) ?? finiteDouble.flatMap { Int(exactly: $0) } }

  /// Whether the spelling is that of an integer: no fraction, no exponent.
  public var isInteger: Bool { !literal.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") } }
}
