import OrderedCollections

/// The members of a JSON object in the order in which they were written.
public struct JSONObject: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
  private var members: OrderedDictionary<String, JSONValue>

  /// No members.
  public init() {
    members = [:]
  }

  /// Members in the given order; of a key that is there twice the last value counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    members = [:]
    for (key, value) in elements { members[key] = value }
  }

  /// The value of a member. Setting a new key appends it, setting a known one keeps its place, setting nil removes it.
  public subscript(key: String) -> JSONValue? {
    get { members[key] }
    set { members[key] = newValue }
  }

  /// The keys in order.
  public var keys: [String] { Array(members.keys) }
  /// How many members there are.
  public var count: Int { members.count }
  /// Whether there is no member.
  public var isEmpty: Bool { members.isEmpty }

  /// Puts a member directly before another one, or at the end when that one is not there. A known key keeps its place.
  public mutating func insert(_ value: JSONValue, forKey key: String, before other: String) {
    if members[key] == nil, let index = members.index(forKey: other) {
      members.updateValue(value, forKey: key, insertingAt: index)
    } else {
      members[key] = value
    }
  }

  /// Adds the members of another object; what both have is taken from the other.
  public mutating func merge(_ other: JSONObject) {
    for (key, value) in other { members[key] = value }
  }

  /// The members in order.
  public func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
    var iterator = members.makeIterator()
    return AnyIterator { iterator.next() }
  }
}
