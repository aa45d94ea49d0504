import HTTPTypes

/// All rows of a server, as data. ``compile(tcp:requiring:)`` makes a ``Router`` of it, once, at the start.
public struct RoutingTable: Sendable {
  /// The rows in order.
  public let rows: [Row]
  private let fallback: Chain<BaseContext>

  /// - Parameters:
  ///   - fallback: The chain for what matches no row (404), for a method that a row does not have (405) and for
  ///     `OPTIONS`. The chains of the rows do not run then.
  public init(fallback: Chain<BaseContext>, @RowsBuilder rows: () -> [Row]) {
    self.fallback = fallback
    self.rows = rows()
  }

  /// Checks the table and compiles it.
  ///
  /// - Parameters:
  ///   - tcp: The kernel's keepalive; a stream's keepalive must come at least twice within it (invariant 35), or a
  ///     proxy or the kernel could take a silent stream for a dead one.
  ///   - requirement: A middleware that every row with a method that changes something must go through, by name.
  /// - Throws: ``RoutingTableError`` for the first mistake.
  public func compile(tcp: TCPKeepalive = .standard, requiring requirement: String? = nil) throws -> Router {
    var trie = RouteTrie()
    for row in rows {
      try validate(row, tcp: tcp, requirement: requirement)
      try trie.insert(row)
    }
    return Router(trie: trie, routes: rows.map(\.route), fallback: fallback)
  }

  private func validate(_ row: Row, tcp: TCPKeepalive, requirement: String?) throws {
    let route = row.route
    guard !route.methods.isEmpty else {
      throw RoutingTableError("\(route.pattern): \(route.handler) has no method; give it one or remove the row.")
    }
    for (index, operation) in route.methods.enumerated()
    where route.methods[..<index].contains(where: { $0.method == operation.method }) {
      throw RoutingTableError("\(route.pattern): \(route.handler) has \(operation.method) twice; remove one.")
    }
    if let keepalive = route.keepalive, keepalive.interval * 2 > tcp.window {
      throw RoutingTableError(
        "\(route.pattern): its keepalive comes every \(keepalive.interval), but twice that must fit into the "
          + "\(tcp.window) after which the kernel gives a silent peer up; choose a shorter interval.")
    }
    let unsafe = route.methods.first { ![.get, .head, .options].contains($0.method) }
    if let requirement, let unsafe, !route.steps.contains(requirement) {
      throw RoutingTableError(
        "\(route.pattern): \(unsafe.method) changes something, but its chain (\(route.steps.joined(separator: " > "))) "
          + "does not contain \(requirement); take a chain that does.")
    }
    if route.limits.body > 0 && unsafe == nil {
      throw RoutingTableError(
        "\(route.pattern): it lets a body of \(route.limits.body) bytes through, but has no method that takes one; "
          + "remove the limit.")
    }
  }
}

/// A mistake in a routing table: a sentence that names the row and the mend.
public struct RoutingTableError: Error, CustomStringConvertible, Equatable {
  /// The sentence.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Lets a table be written as a list of rows.
@resultBuilder
public enum RowsBuilder {
  /// One row.
  public static func buildExpression(_ row: Row) -> [Row] { [row] }
  /// Rows made elsewhere.
  public static func buildExpression(_ rows: [Row]) -> [Row] { rows }
  /// Rows one after the other.
  public static func buildBlock(_ groups: [Row]...) -> [Row] { groups.flatMap { $0 } }
  /// Rows that are there or not.
  public static func buildOptional(_ rows: [Row]?) -> [Row] { rows ?? [] }
  /// One group or another.
  public static func buildEither(first rows: [Row]) -> [Row] { rows }
  /// One group or another.
  public static func buildEither(second rows: [Row]) -> [Row] { rows }
}
