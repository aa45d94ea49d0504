/// Rows by the segments of their patterns.
///
/// A pattern is `/` and segments: a literal, `{name}` for one segment, or at the end `{name...}` for the rest. A
/// literal wins over a capture, a capture over the rest. Literals are compared with the path as it was sent.
struct RouteTrie: Sendable {
  private final class Node: Sendable {
    let literals: [Substring: Node]
    let capture: (name: String, node: Node)?
    let rest: (name: String, row: Row)?
    let row: Row?

    init(_ draft: Draft) {
      literals = draft.literals.mapValues(Node.init)
      capture = draft.capture.map { ($0.name, Node($0.draft)) }
      rest = draft.rest
      row = draft.row
    }
  }

  private struct Draft {
    var literals: [Substring: Draft] = [:]
    // An array of at most one: a struct cannot contain itself.
    private var captured: [(name: String, draft: Draft)] = []
    var rest: (name: String, row: Row)?
    var row: Row?

    var capture: (name: String, draft: Draft)? {
      get { captured.first }
      set { captured = newValue.map { [$0] } ?? [] }
    }
  }

  private enum Segment {
    case literal(Substring)
    case capture(String)
    case rest(String)
  }

  private var draft = Draft()
  private var root = Node(Draft())

  /// - Throws: ``RoutingTableError`` when the pattern is malformed or another row already has its paths.
  mutating func insert(_ row: Row) throws {
    let segments = try RouteTrie.segments(of: row.route.pattern)
    try RouteTrie.insert(row, segments[...], into: &draft)
    root = Node(draft)
  }

  func match(_ path: Substring) -> (row: Row, parameters: PathParameters)? {
    guard path.utf8.first == UInt8(ascii: "/") else { return nil }
    return RouteTrie.match(path.dropFirst(), root)
  }

  private static func match(_ path: Substring, _ node: Node) -> (row: Row, parameters: PathParameters)? {
    let slash = path.utf8.firstIndex(of: UInt8(ascii: "/"))
    let segment = path[..<(slash ?? path.endIndex)]
    let remainder = slash.map { path[path.index(after: $0)...] }
    if let next = node.literals[segment], let found = step(remainder, next) { return found }
    if let capture = node.capture, !segment.isEmpty, var found = step(remainder, capture.node) {
      found.parameters.append(capture.name, percentDecoded(segment))
      return found
    }
    if let rest = node.rest, !path.isEmpty {
      var parameters = PathParameters()
      parameters.append(rest.name, percentDecoded(path))
      return (rest.row, parameters)
    }
    return nil
  }

  private static func step(_ remainder: Substring?, _ node: Node) -> (row: Row, parameters: PathParameters)? {
    if let remainder { return match(remainder, node) }
    return node.row.map { ($0, PathParameters()) }
  }

  private static func insert(_ row: Row, _ segments: ArraySlice<Segment>, into draft: inout Draft) throws {
    guard let first = segments.first else {
      if let other = draft.row { throw twice(row, other) }
      draft.row = row
      return
    }
    switch first {
    case .literal(let text):
      try insert(row, segments.dropFirst(), into: &draft.literals[text, default: Draft()])
    case .capture(let name):
      var capture = draft.capture ?? (name, Draft())
      try insert(row, segments.dropFirst(), into: &capture.draft)
      draft.capture = capture
    case .rest(let name):
      if let other = draft.rest?.row { throw twice(row, other) }
      draft.rest = (name, row)
    }
  }

  private static func twice(_ row: Row, _ other: Row) -> RoutingTableError {
    RoutingTableError(
      "\(row.route.pattern) is in the routing table twice: \(other.route.handler) (as \(other.route.pattern)) already "
        + "has its paths, so \(row.route.handler) would never be called; put both methods into one handler or remove "
        + "a row.")
  }

  private static func segments(of pattern: String) throws -> [Segment] {
    guard pattern.hasPrefix("/") else {
      throw RoutingTableError("\"\(pattern)\" is no path: a pattern starts with a slash.")
    }
    let parts = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    return try parts.enumerated().map { index, part in
      guard part.contains("{") || part.contains("}") else { return .literal(part) }
      guard part.hasPrefix("{"), part.hasSuffix("}") else {
        throw RoutingTableError("\(pattern): a capture is a whole segment such as {id}.")
      }
      let name = part.dropFirst().dropLast()
      if name.hasSuffix("...") {
        guard index == parts.count - 1 else {
          throw RoutingTableError("\(pattern): {\(name)} takes the rest of the path and must stand at the end.")
        }
        return .rest(String(name.dropLast(3)))
      }
      return .capture(String(name))
    }
  }
}
