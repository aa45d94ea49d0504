/// A JSON value (RFC 8259) that keeps what a careful server must not lose: the order of an object's members and the
/// spelling of a number.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number, in its own spelling.
  case number(JSONNumber)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object, in the order of its members.
  case object(JSONObject)
  /// Bytes that are a complete JSON value already and are written as they stand. The parser never makes one.
  case fragment(JSONFragment)
}

/// A part of a larger text that is a complete JSON value: a message of a transcript that nobody has to look into.
public struct JSONFragment: Sendable, Equatable {
  /// The bytes of the value, without white space around it.
  public let bytes: ArraySlice<UInt8>

  /// Trusts that `bytes` is one complete JSON value.
  public init(trusting bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }
}

extension JSONValue {
  /// Parses one JSON text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - limits: What is refused besides errors of syntax.
  /// - Throws: ``JSONParseError``.
  public init(parsing bytes: some Collection<UInt8>, limits: JSONLimits = .standard) throws(JSONParseError) {
    var parser = JSONParser(bytes: ContiguousArray(bytes), limits: limits)
    self = try parser.parseDocument()
  }

  /// The string of a string value.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The truth value of a boolean.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The members of an object.
  public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
  /// The elements of an array.
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  /// The value of a number; nil when it is too large for a double, so it is always finite.
  public var double: Double? { if case .number(let value) = self { value.finiteDouble } else { nil } }
  /// The value of a number without a fraction that fits.
  public var int: Int? { if case .number(let value) = self { value.int } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// A member of an object; nil when this is no object or has no such member.
  public subscript(key: String) -> JSONValue? { object?[key] }

  /// Whether a client means "nothing" by it: `null`, `false`, `0`, `""`, `[]` or `{}` (wire-sessions-chat, Notation).
  public var isFalsy: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .number(let value): value.double == 0
    case .string(let value): value.isEmpty
    case .array(let value): value.isEmpty
    case .object(let value): value.isEmpty
    case .fragment: false
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A number with a fraction.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; of a key that is there twice the last value counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }

  /// A number from an integer.
  public static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
  /// A number from a double; `null` when it is not finite, because JSON has no word for that.
  public static func double(_ value: Double) -> JSONValue {
    value.isFinite ? .number(JSONNumber(value)) : .null
  }
  /// The string, or `null`.
  public static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  /// The number, or `null`.
  public static func optional(_ value: Int?) -> JSONValue { value.map { .int($0) } ?? .null }
  /// The number, or `null`.
  public static func optional(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }
}
