import JSON

/// A difference between two JSON values in what they are made of: keys and types.
struct ShapeDifference: Hashable, CustomStringConvertible {
  /// Where, such as `session.messages[].timestamp`.
  let path: String
  /// What, such as `missing` or `int -> float`.
  let kind: String

  var description: String { "\(path): \(kind)" }
}

/// Compares what JSON values are made of.
enum Shape {
  /// - Returns: Keys that are missing or added, and types that differ, `expected -> actual`. Elements of arrays of the
  ///   same length are compared one by one, others with the one that they resemble most.
  static func differences(_ expected: JSONValue, _ actual: JSONValue, at path: String = "") -> Set<ShapeDifference> {
    switch (expected, actual) {
    case (.object(let expected), .object(let actual)):
      var found: Set<ShapeDifference> = []
      for (key, value) in expected {
        let place = path.isEmpty ? key : path + "." + key
        guard let other = actual[key] else {
          found.insert(ShapeDifference(path: place, kind: "missing"))
          continue
        }
        found.formUnion(differences(value, other, at: place))
      }
      for key in actual.keys where expected[key] == nil {
        found.insert(ShapeDifference(path: path.isEmpty ? key : path + "." + key, kind: "added"))
      }
      return found
    case (.array(let expected), .array(let actual)):
      return differences(expected, actual, at: path + "[]")
    default:
      let (wanted, given) = (type(of: expected), type(of: actual))
      return wanted == given ? [] : [ShapeDifference(path: path, kind: "\(wanted) -> \(given)")]
    }
  }

  private static func differences(
    _ expected: [JSONValue], _ actual: [JSONValue], at path: String
  ) -> Set<ShapeDifference> {
    if expected.count == actual.count {
      return zip(expected, actual).reduce(into: []) { $0.formUnion(differences($1.0, $1.1, at: path)) }
    }
    var found: Set<ShapeDifference> = [
      ShapeDifference(path: path, kind: "\(expected.count) elements -> \(actual.count)")
    ]
    for element in actual {
      let closest = expected.map { differences($0, element, at: path) }.min { $0.count < $1.count }
      found.formUnion(closest ?? [])
    }
    return found
  }

  private static func type(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "bool"
    case .number(let number): number.isInteger ? "int" : "float"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    case .fragment: "fragment"
    }
  }
}
